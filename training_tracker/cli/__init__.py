"""The training-tracker command: thin, one function for each verb, which the pages and the jobs call too."""

import gc
from importlib import import_module

import rich_click as click

# What each verb does in a few words, and where it lives: a verb's module is read only when the verb is used, so that
# help comes at once.
VERBS = {
    "Start it": {
        "demo": ("demo", "an invented region, with web pages and a mailbox"),
        "serve": ("serving", "web pages and scheduler"),
        "worker": ("serving", "scheduler and delivery only"),
        "check": ("checking", "what is wrong with the installation, and how to mend it"),
        "schedule": ("scheduling", "when each job runs next, how its last run went, and which is late"),
    },
    "Set it up": {
        "migrate": ("setting_up", "bring the database to the newest schema"),
        "load": ("setting_up", "courses, roles, expectations and resources from files"),
        "expectations": ("expectations", "what a change of the files would do, before it is loaded"),
        "user": ("granting", "who may see more than their own record"),
        "retention": ("retaining", "how long the records of leavers are kept"),
    },
    "Feed it": {
        "import": ("importing", "people and completions from spreadsheets"),
        "complete": ("recording", "record one completion"),
        "feed": ("feeding", "what agencies send of which items, and whether it came"),
        "void": ("recording", "take one completion out of every count"),
        "extension": ("extending", "more time for what falls due"),
        "exemption": ("exempting", "what somebody's work does not need"),
        "leave": ("leave", "who is away for long, from when until when"),
    },
    "Ask it": {
        "standing": ("standing", "report, explain or recompute who has met what"),
        "audit": ("auditing", "who changed or looked at what, and whether the trail is whole"),
        "forecast": ("forecasting", "what falls due, per item per month"),
    },
    "Let it write": {
        "reminders": ("reminding", "plan the day's digests"),
        "summaries": ("summarising", "plan the month's summaries for managers and leads"),
        "uptake": ("publishing", "publish the partnerships' figures now, not only at night"),
        "escalations": ("escalating", "plan the week's e-mails to managers about who is long overdue"),
        "campaign": ("campaigning", "one message to some roles, and who has read it"),
        "mail": ("mailing", "what the e-mails say: look, test, use other words"),
        "outbox": ("outbox", "the e-mails: list, deliver, try again"),
    },
}
MODULES = {verb: module for verbs in VERBS.values() for verb, (module, _) in verbs.items()}

OF_THE_PROGRAM = 70  # as sysexits.h calls a fault that is no user's


class Verbs(click.RichGroup):
    """Shows every verb without reading its module, and reads the one that is used."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name, _, rest = super().resolve_command(ctx, args)
        if name is None:
            return name, None, rest
        # All that is read in stays: to look for garbage meanwhile takes a quarter of the time of a short command.
        gc.disable()
        module = import_module(f"training_tracker.cli.{MODULES[name]}")
        gc.freeze()
        gc.enable()
        found: click.Command = getattr(module, f"{name}_" if name == "import" else name)
        return name, found, rest


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="training-tracker", message="%(prog)s %(version)s")
@click.rich_config({"theme": "default-slim"})
def commands() -> None:
    """Who has learnt what they are expected to learn, across the agencies of a safeguarding children partnership.

    Settings come from TRACKER_* variables and a file .env; docs/settings.md lists them. Exit codes: 0 done; 1 done,
    with rows refused or messages failed; 2 wrong usage or settings, nothing changed; 70 a fault of the program.
    """


for panel, verbs in VERBS.items():
    click.command_panel(panel, commands=list(verbs))(commands)
    for verb, (_, summary) in verbs.items():
        commands.command(verb, help=summary)(lambda: None)


def main() -> None:
    try:
        commands()
    except Exception as error:  # noqa: BLE001  # whatever it is, it is told without the data it was at
        # Heavy to read in, like whatever has failed.
        from training_tracker.cli.complaints import complaint, fault

        told = complaint(error)
        click.echo(told or fault(error), err=True)
        raise SystemExit(2 if told else OF_THE_PROGRAM) from None
