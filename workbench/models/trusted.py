"""The types that a model file may rebuild: our own list, never read from a file.

A skops file names, for each object in it, the *loader* that rebuilds it and the type. The list is
kept per loader, because what a name may do depends on it: `numpy.float64` as a type that an encoder
mentions is harmless, a function as an attribute is called at the first prediction. Whoever adds a
name answers these: does rebuilding it run anything that the file chooses (functions, imports, paths,
commands)? Does it keep indices that compiled code follows without looking (then
`plugins/formats/trees.py` or `indices.py` must check them)?

Left out on purpose: bound methods, operators, sparse matrices (archives inside the archive), search
trees of neighbours and support vectors (compiled code that follows unchecked indices).
"""

from __future__ import annotations

from collections.abc import Mapping

_SCALARS = "bool bytes_ datetime64 float16 float32 float64 int16 int32 int64 int8 str_ timedelta64"
_UNSIGNED = "uint16 uint32 uint64 uint8"
_NUMPY = frozenset(f"numpy.{name}" for name in f"{_SCALARS} {_UNSIGNED}".split())

_ESTIMATORS = """
calibration.CalibratedClassifierCV calibration._CalibratedClassifier calibration._SigmoidCalibration
compose._column_transformer.ColumnTransformer compose._target.TransformedTargetRegressor
decomposition._pca.PCA decomposition._truncated_svd.TruncatedSVD
dummy.DummyClassifier dummy.DummyRegressor
ensemble._bagging.BaggingClassifier ensemble._bagging.BaggingRegressor
ensemble._forest.ExtraTreesClassifier ensemble._forest.ExtraTreesRegressor
ensemble._forest.RandomForestClassifier ensemble._forest.RandomForestRegressor
ensemble._gb.GradientBoostingClassifier ensemble._gb.GradientBoostingRegressor
ensemble._hist_gradient_boosting.binning._BinMapper
ensemble._hist_gradient_boosting.gradient_boosting.HistGradientBoostingClassifier
ensemble._hist_gradient_boosting.gradient_boosting.HistGradientBoostingRegressor
ensemble._hist_gradient_boosting.predictor.TreePredictor
ensemble._stacking.StackingClassifier ensemble._stacking.StackingRegressor
ensemble._voting.VotingClassifier ensemble._voting.VotingRegressor
ensemble._weight_boosting.AdaBoostClassifier ensemble._weight_boosting.AdaBoostRegressor
feature_extraction.text.TfidfTransformer feature_extraction.text.TfidfVectorizer
feature_selection._univariate_selection.SelectKBest feature_selection._variance_threshold.VarianceThreshold
impute._base.MissingIndicator impute._base.SimpleImputer isotonic.IsotonicRegression
linear_model._base.LinearRegression
linear_model._bayes.ARDRegression linear_model._bayes.BayesianRidge
linear_model._coordinate_descent.ElasticNet linear_model._coordinate_descent.ElasticNetCV
linear_model._coordinate_descent.Lasso linear_model._coordinate_descent.LassoCV
linear_model._glm.glm.GammaRegressor linear_model._glm.glm.PoissonRegressor
linear_model._glm.glm.TweedieRegressor linear_model._huber.HuberRegressor
linear_model._logistic.LogisticRegression linear_model._logistic.LogisticRegressionCV
linear_model._perceptron.Perceptron linear_model._quantile.QuantileRegressor
linear_model._ridge.Ridge linear_model._ridge.RidgeCV
linear_model._ridge.RidgeClassifier linear_model._ridge.RidgeClassifierCV
linear_model._stochastic_gradient.SGDClassifier linear_model._stochastic_gradient.SGDRegressor
naive_bayes.BernoulliNB naive_bayes.CategoricalNB naive_bayes.ComplementNB naive_bayes.GaussianNB
naive_bayes.MultinomialNB
neighbors._classification.KNeighborsClassifier neighbors._regression.KNeighborsRegressor
neural_network._multilayer_perceptron.MLPClassifier neural_network._multilayer_perceptron.MLPRegressor
neural_network._stochastic_optimizers.AdamOptimizer neural_network._stochastic_optimizers.SGDOptimizer
pipeline.FeatureUnion pipeline.Pipeline
preprocessing._data.MaxAbsScaler preprocessing._data.MinMaxScaler preprocessing._data.Normalizer
preprocessing._data.PowerTransformer preprocessing._data.QuantileTransformer
preprocessing._data.RobustScaler preprocessing._data.StandardScaler
preprocessing._discretization.KBinsDiscretizer
preprocessing._encoders.OneHotEncoder preprocessing._encoders.OrdinalEncoder
preprocessing._function_transformer.FunctionTransformer
preprocessing._label.LabelBinarizer preprocessing._label.LabelEncoder
preprocessing._polynomial.PolynomialFeatures preprocessing._polynomial.SplineTransformer
preprocessing._target_encoder.TargetEncoder
tree._classes.DecisionTreeClassifier tree._classes.DecisionTreeRegressor
tree._classes.ExtraTreeClassifier tree._classes.ExtraTreeRegressor
_loss.link.HalfLogitLink _loss.link.IdentityLink _loss.link.Interval _loss.link.LogLink
_loss.link.LogitLink _loss.link.MultinomialLogit
_loss.loss.AbsoluteError _loss.loss.ExponentialLoss _loss.loss.HalfBinomialLoss
_loss.loss.HalfGammaLoss _loss.loss.HalfMultinomialLoss _loss.loss.HalfPoissonLoss
_loss.loss.HalfSquaredError _loss.loss.HalfTweedieLoss _loss.loss.HalfTweedieLossIdentity
_loss.loss.HuberLoss _loss.loss.PinballLoss
"""
_LOSSES = """
_loss._loss.CyAbsoluteError _loss._loss.CyExponentialLoss _loss._loss.CyHalfBinomialLoss
_loss._loss.CyHalfGammaLoss _loss._loss.CyHalfMultinomialLoss _loss._loss.CyHalfPoissonLoss
_loss._loss.CyHalfSquaredError _loss._loss.CyHalfTweedieLoss _loss._loss.CyHalfTweedieLossIdentity
_loss._loss.CyHuberLoss _loss._loss.CyPinballLoss
linear_model._sgd_fast.EpsilonInsensitive linear_model._sgd_fast.Hinge
linear_model._sgd_fast.ModifiedHuber linear_model._sgd_fast.SquaredEpsilonInsensitive
linear_model._sgd_fast.SquaredHinge
"""
_OURS = frozenset(
    {
        "workbench.training.datetimes.DatetimeParts",
        "workbench.training.targetmeans.TargetMeans",
        "workbench.training.texts.TextNumbers",
    }
)
"""Transformers of our own, where scikit-learn has none."""


def _sklearn(names: str) -> frozenset[str]:
    return frozenset(f"sklearn.{name}" for name in names.split())


TRUSTED: Mapping[str, frozenset[str]] = {
    "JsonNode": frozenset({"builtins.str"}),
    "BytesNode": frozenset({"builtins.bytes"}),
    "ListNode": frozenset({"builtins.list"}),
    "TupleNode": frozenset({"builtins.tuple"}),
    "SetNode": frozenset({"builtins.set"}),
    "SliceNode": frozenset({"builtins.slice"}),
    "DictNode": frozenset(
        {"builtins.dict", "collections.OrderedDict", "sklearn.utils._bunch.Bunch"}
    ),
    "TypeNode": _NUMPY
    | frozenset({"builtins.bool", "builtins.float", "builtins.int", "builtins.str"}),
    "NdArrayNode": _NUMPY | {"numpy.ndarray"},
    "DTypeNode": frozenset({"numpy.dtype"}),
    "RandomStateNode": frozenset({"numpy.random.mtrand.RandomState"}),
    "RandomGeneratorNode": frozenset({"numpy.random._generator.Generator"}),
    "ConstructorFromReduceNode": frozenset({"datetime.timedelta", "datetime.timezone"}),
    "PartialNode": frozenset({"functools.partial"}),
    "FunctionNode": frozenset(
        {
            # histogram gradient boosting keeps it to convert its input columns
            "sklearn.utils.validation.check_array",
            "numpy.exp",
            "numpy.expm1",
            "numpy.log",
            "numpy.log1p",
            "numpy.sqrt",
            "numpy.square",
        }
    ),
    "LossNode": _sklearn(_LOSSES),
    "TreeNode": frozenset({"sklearn.tree._tree.Tree"}),
    "ObjectNode": _sklearn(_ESTIMATORS) | _OURS,
}
"""Loader of the skops format → the types that it may rebuild."""


def is_trusted(loader: str, type_name: str) -> bool:
    """Tell whether `loader` may rebuild `module.Type`."""
    return type_name in TRUSTED.get(loader, frozenset())
