"""Trains the judge of boundaries on the table that candidates.ts wrote, and exports it as ONNX.

    python test/training/train.py TABLE.csv MODEL.onnx

MODEL.onnx is one TreeEnsembleRegressor (ai.onnx.ml 3): input `features` float32 [n, columns], output `score` float32
[n, 1], the log odds that a true change lies within 5 values. Ends with 1 where the
exported model says something else than LightGBM. Prints the figures on the fifth of the series
that was not trained on. Deterministic: one thread, seed 18.
"""

import json
import sys

import lightgbm
import numpy
import onnx
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator
from sklearn.metrics import average_precision_score, log_loss, roc_auc_score

PARAMETERS = {
    "n_estimators": 80,
    "learning_rate": 0.08,
    "num_leaves": 15,
    "min_child_samples": 50,
    "subsample": 0.8,
    "subsample_freq": 1,
    "colsample_bytree": 0.7,
    "random_state": 18,
    "n_jobs": 1,
    "deterministic": True,
    "force_row_wise": True,
    "verbose": -1,
}


def main(table: str, model_file: str) -> None:
    with open(table) as lines:
        names = lines.readline().strip().split(",")[2:]
    data = numpy.loadtxt(table, delimiter=",", skiprows=1)
    # The service computes and asks in float32: train on the same numbers.
    features = data[:, 2:].astype(numpy.float32)
    series, is_change = data[:, 0].astype(int), data[:, 1].astype(int)
    held_out = series % 5 == 0
    model = lightgbm.LGBMClassifier(**PARAMETERS).fit(features[~held_out], is_change[~held_out])

    scores = model.predict_proba(features[held_out])[:, 1]
    truth = is_change[held_out]
    print(json.dumps({
        "candidates": len(data),
        "share_of_changes": round(float(is_change.mean()), 4),
        "held_out_candidates": int(held_out.sum()),
        "held_out_auc": round(roc_auc_score(truth, scores), 4),
        "held_out_average_precision": round(average_precision_score(truth, scores), 4),
        "held_out_log_loss": round(log_loss(truth, scores), 4),
        "gain": dict(sorted(zip(names, map(int, model.booster_.feature_importance("gain"))), key=lambda e: -e[1])[:8]),
    }))
    exported = to_onnx(model.booster_, len(names))
    onnx.save(exported, model_file)
    rows = features[held_out][:: max(1, int(held_out.sum()) // 20)][:20]
    expected = model.predict(rows, raw_score=True)
    (got,) = ReferenceEvaluator(exported).run(None, {"features": rows})
    if not numpy.allclose(got[:, 0], expected, atol=1e-4):
        sys.exit("the exported model gives other scores than LightGBM")


def to_onnx(booster: lightgbm.Booster, columns: int) -> onnx.ModelProto:
    """One TreeEnsembleRegressor that sums the leaves of all trees."""
    nodes: dict[str, list] = {key: [] for key in (
        "nodes_treeids", "nodes_nodeids", "nodes_featureids", "nodes_values", "nodes_modes", "nodes_truenodeids",
        "nodes_falsenodeids", "target_treeids", "target_nodeids", "target_ids", "target_weights")}
    for tree, info in enumerate(booster.dump_model()["tree_info"]):
        counter = iter(range(10**6))
        add(info["tree_structure"], tree, counter, nodes)
    nodes["nodes_missing_value_tracks_true"] = [0] * len(nodes["nodes_nodeids"])
    node = helper.make_node(
        "TreeEnsembleRegressor", ["features"], ["score"], domain="ai.onnx.ml", n_targets=1,
        aggregate_function="SUM", post_transform="NONE", **nodes)
    graph = helper.make_graph(
        [node], "boundary_judge",
        [helper.make_tensor_value_info("features", TensorProto.FLOAT, ["n", columns])],
        [helper.make_tensor_value_info("score", TensorProto.FLOAT, ["n", 1])])
    model = helper.make_model(
        graph, ir_version=8, producer_name="benchwire test/training/train.py",
        opset_imports=[helper.make_opsetid("", 17), helper.make_opsetid("ai.onnx.ml", 3)])
    onnx.checker.check_model(model)
    return model


def add(branch: dict, tree: int, counter, nodes: dict[str, list]) -> int:
    """Adds a LightGBM node and what is below it; returns its id."""
    identity = next(counter)
    row = len(nodes["nodes_nodeids"])
    nodes["nodes_treeids"].append(tree)
    nodes["nodes_nodeids"].append(identity)
    if "leaf_value" in branch:
        for key, value in (("featureids", 0), ("values", 0.0), ("modes", "LEAF"), ("truenodeids", 0), ("falsenodeids", 0)):
            nodes[f"nodes_{key}"].append(value)
        nodes["target_treeids"].append(tree)
        nodes["target_nodeids"].append(identity)
        nodes["target_ids"].append(0)
        nodes["target_weights"].append(branch["leaf_value"])
        return identity
    if branch["decision_type"] != "<=":
        raise ValueError(f"a split by {branch['decision_type']}: only <= can be exported")
    nodes["nodes_featureids"].append(branch["split_feature"])
    nodes["nodes_values"].append(branch["threshold"])
    nodes["nodes_modes"].append("BRANCH_LEQ")
    nodes["nodes_truenodeids"].append(-1)
    nodes["nodes_falsenodeids"].append(-1)
    nodes["nodes_truenodeids"][row] = add(branch["left_child"], tree, counter, nodes)
    nodes["nodes_falsenodeids"][row] = add(branch["right_child"], tree, counter, nodes)
    return identity


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
