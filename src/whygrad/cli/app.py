"""The commands, put together."""

from __future__ import annotations

from cyclopts import App, Parameter

from .data import data
from .demo import EXAMPLES as DEMONSTRATING
from .demo import demo
from .explain import EXAMPLES as EXPLAINING
from .explain import explain
from .plot import EXAMPLES as PLOTTING
from .plot import plot
from .saved import EVALUATING, PREDICTING, SHOWING, evaluate, predict, show
from .study import EXAMPLES as STUDYING
from .study import study
from .train import EXAMPLES, train


def build() -> App:
    """The application with all its commands."""
    from importlib.metadata import version

    app = App(
        name="whygrad",
        help="Train small neural networks written from scratch, and see what they learned.",
        version=version("whygrad"),
        result_action="return_value",
        suppress_keyboard_interrupt=False,  # main() says something, and gives the exit code
        default_parameter=Parameter(negative=()),
    )
    app.command(train, help_epilogue=EXAMPLES)
    app.command(evaluate, help_epilogue=EVALUATING)
    app.command(predict, help_epilogue=PREDICTING)
    app.command(show, help_epilogue=SHOWING)
    app.command(explain, help_epilogue=EXPLAINING)
    app.command(plot, help_epilogue=PLOTTING)
    app.command(study, help_epilogue=STUDYING)
    app.command(demo, help_epilogue=DEMONSTRATING)
    app.command(data)
    return app
