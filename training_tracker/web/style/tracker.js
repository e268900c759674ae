// Loaded as a module: a browser that runs it supports what GOV.UK Frontend needs. Without it every page still works.
import { initAll } from "./govuk-frontend.min.js";

document.body.classList.add("js-enabled", "govuk-frontend-supported");
initAll();

// What htmx puts into a page in place of a part of it (hx-boost in the templates): whoever asked for it is told so, and
// keeps their place. What is no such part, an error or a page to sign in, is never swallowed.

document.body.addEventListener("htmx:beforeSwap", ({ detail }) => {
  if (detail.shouldSwap && !detail.xhr.responseText.includes(`id="${detail.target.id}"`)) {
    detail.shouldSwap = false;
    goThere(detail);
  }
});

document.body.addEventListener("htmx:responseError", ({ detail }) => goThere(detail));

for (const failure of ["htmx:sendError", "htmx:timeout"]) {
  document.body.addEventListener(failure, () =>
    tellTrouble("No answer came", "Nothing was changed. Look whether you are connected, and try again."),
  );
}

document.body.addEventListener("htmx:afterSettle", ({ detail }) => {
  const part = document.getElementById(detail.target.id);
  if (!part) return;
  initAll({ scope: part });
  // htmx gives the focus back to what has the same id; where that is gone, as from page to page of a list, it goes to the
  // beginning of the part.
  if (document.activeElement === document.body) {
    part.tabIndex = -1;
    part.focus({ preventScroll: true });
    part.scrollIntoView();
  }
  // An alert says itself what came of it.
  const said = part.querySelector("[data-announce], [role=alert]") ?? part.querySelector("h1");
  if (said?.role !== "alert") document.getElementById("announced").textContent = said?.textContent ?? "";
});

// As without a script. A form that was sent is not sent again: the answer is told, and what was typed stays.
function goThere({ requestConfig, xhr, pathInfo }) {
  if (requestConfig.verb === "get") {
    location.assign(pathInfo.finalRequestPath);
    return;
  }
  const answer = new DOMParser().parseFromString(xhr.responseText, "text/html");
  const words = (selector) => answer.querySelector(selector)?.textContent ?? "";
  tellTrouble(words("main h1") || "It could not be done", words("main p") || "Load the page again, then try once more.");
}

function tellTrouble(heading, mend) {
  document.getElementById("trouble")?.remove();
  const box = document.createElement("div");
  box.id = "trouble";
  box.className = "govuk-error-summary";
  box.tabIndex = -1;
  const alert = document.createElement("div");
  alert.setAttribute("role", "alert");
  for (const [tag, kind, text] of [["h2", "govuk-error-summary__title", heading], ["p", "govuk-body", mend]]) {
    const line = document.createElement(tag);
    line.className = kind;
    line.textContent = text;
    alert.append(line);
  }
  box.append(alert);
  document.getElementById("main-content").prepend(box);
  box.focus();
}
