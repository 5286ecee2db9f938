"""What scikit-learn expects of an estimator, so that its cross-validation and grid search take networks."""

from __future__ import annotations

from copy import deepcopy
from typing import Any, Self

from ..errors import SettingError, nearest


class Estimator:
    """``fit``, ``score``, ``get_params`` and ``set_params``, on top of ``train`` and ``evaluate``.

    Attributes
    ----------
    made_with
        What it was made with, by name.
    """

    made_with: dict[str, Any]

    def fit(self, X: Any, y: Any, **settings: Any) -> Self:
        """Train from the start, whatever was learned before, and return the network.

        Parameters
        ----------
        X, y
            As for ``train``.
        settings
            As for ``train``; nothing is said by default.

        Examples
        --------
        >>> from whygrad import NeuralNetwork
        >>> X, y = [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0]
        >>> NeuralNetwork([2, 8, 1], seed=0).fit(X, y, epochs=200).score(X, y)
        1.0
        """
        self.set_params()
        self.train(X, y, **{"verbose": False, **settings})  # type: ignore[attr-defined]
        return self

    def score(self, X: Any, y: Any) -> float:
        """Accuracy as a fraction for classes, R² for numbers."""
        found: float = self._fraction(X, y)  # type: ignore[attr-defined]
        return found

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """What the network was made with, by name."""
        return dict(self.made_with)

    def set_params(self, **settings: Any) -> Self:
        """Make the network anew, with some settings changed; what was learned is gone.

        Raises
        ------
        SettingError
            If a name is unknown, or a setting cannot work.

        Examples
        --------
        >>> from whygrad import NeuralNetwork
        >>> NeuralNetwork([2, 8, 1]).set_params(layers=[2, 3, 1], activation="tanh")
        NeuralNetwork([2, 3, 1], activation='tanh')
        """
        unknown = sorted(settings.keys() - self.made_with.keys())
        if unknown:
            raise SettingError(f"unknown setting {unknown[0]!r}", hint=nearest(unknown[0], self.made_with))
        kept = {**self.made_with, **settings}
        seed = kept.get("seed")  # a generator goes on where it is
        fresh = type(self)(**{**deepcopy(kept), "seed": seed})
        vars(self).update(vars(fresh))
        self.made_with = kept
        return self

    def __sklearn_is_fitted__(self) -> bool:
        return self.head is not None  # type: ignore[attr-defined]

    def __sklearn_tags__(self) -> Any:
        from sklearn.utils import ClassifierTags, RegressorTags, Tags, TargetTags

        numbers = self.made_with.get("task") == "regression"
        return Tags(
            estimator_type="regressor" if numbers else "classifier",
            target_tags=TargetTags(required=True),
            classifier_tags=None if numbers else ClassifierTags(),
            regressor_tags=RegressorTags() if numbers else None,
        )
