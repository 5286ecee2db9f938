"""Optimizers by their names."""

import numpy as np
import pytest

from whygrad.errors import SettingError
from whygrad.optim import (
    OPTIMIZERS,
    Adagrad,
    Adam,
    AdamW,
    GradientDescent,
    Momentum,
    Nesterov,
    RMSprop,
    cosine,
    make_optimizer,
)

NAMES = {
    "sgd": GradientDescent,
    "gradient-descent": GradientDescent,
    "momentum": Momentum,
    "nesterov": Nesterov,
    "adagrad": Adagrad,
    "rmsprop": RMSprop,
    "adam": Adam,
    "adamw": AdamW,
}


def test_table_has_every_optimizer():
    assert OPTIMIZERS == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_name_makes_its_optimizer(name):
    optimizer = make_optimizer(name, learning_rate=0.25)
    assert type(optimizer) is NAMES[name]
    assert optimizer.learning_rate == 0.25


@pytest.mark.parametrize(
    ("name", "kind"), [("Adam", Adam), ("SGD", GradientDescent), ("gradient_descent", GradientDescent)]
)
def test_case_and_underscores_do_not_matter(name, kind):
    assert type(make_optimizer(name)) is kind


def test_without_a_rate_the_default_of_the_optimizer_holds():
    assert make_optimizer("adam").learning_rate == 0.001
    assert make_optimizer("sgd").learning_rate == 0.01


def test_settings_and_schedule_reach_the_optimizer():
    optimizer = make_optimizer("adamw", cosine(0.1, total=5), weight_decay=0.3, decay_mask=np.array([True]))
    assert optimizer.weight_decay == 0.3
    assert optimizer.learning_rate == cosine(0.1, total=5)
    assert optimizer.decay_mask.tolist() == [True]


def test_instance_is_returned_as_it_is():
    optimizer = Adam(0.3)
    assert make_optimizer(optimizer) is optimizer


def test_settings_beside_an_instance_are_refused():
    with pytest.raises(SettingError) as caught:
        make_optimizer(Momentum(0.3), learning_rate=0.1)
    assert str(caught.value) == (
        "settings beside an optimizer that has its own\n"
        "  received: learning_rate beside Momentum(learning_rate=0.3, momentum=0.9)\n"
        "  hint: give them where the optimizer is made, or give the optimizer by its name"
    )


@pytest.mark.parametrize(
    ("name", "settings", "text"),
    [
        ("adma", {}, 'unknown optimizer "adma"\n  hint: did you mean "adam"? known: adagrad, adam, adamw,'),
        ("xyz", {}, "hint: known: adagrad, adam, adamw, gradient-descent, momentum, nesterov, rmsprop, sgd"),
        ("sgd", {"momentum": 0.9}, 'optimizer "sgd" has no setting "momentum"\n  hint: known: learning_rate'),
        ("adam", {"epsilom": 1}, 'did you mean "epsilon"? known: beta1, beta2, epsilon, learning_rate'),
        (Adam, {}, "optimizer must be a name or an instance\n  received: <class"),
        (None, {}, "optimizer must be a name or an instance\n  received: None"),
        ("sgd", {"learning_rate": -1}, "learning_rate must be a finite number above 0"),
        ("momentum", {"momentum": 2}, "momentum must be a number from 0 to below 1"),
    ],
)
def test_what_cannot_be_made_is_refused(name, settings, text):
    with pytest.raises(SettingError) as caught:
        make_optimizer(name, **settings)
    assert text in str(caught.value)


def test_exports_are_there_and_sorted_by_kind():
    import whygrad.optim

    assert all(hasattr(whygrad.optim, name) for name in whygrad.optim.__all__)
    assert len(set(whygrad.optim.__all__)) == len(whygrad.optim.__all__)
    assert {kind.__name__ for kind in NAMES.values()} <= set(whygrad.optim.__all__)
