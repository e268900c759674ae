// Loaded as a module: a browser that runs it supports what GOV.UK Frontend needs. Without it every page still works.
import { initAll } from "./govuk-frontend.min.js";

document.body.classList.add("js-enabled", "govuk-frontend-supported");
initAll();
