"""Figures and animations from histories, grids and networks. The one package that loads matplotlib."""

from __future__ import annotations

from .._lazy import exporter

__getattr__, __dir__, __all__ = exporter(
    __name__,
    {
        ".activations": ["activation_curve", "activation_functions"],
        ".architecture": ["architecture_of", "network_architecture"],
        ".backward_drawing": ["backward_pass"],
        ".boundary": ["boundary_snapshots", "decision_boundary"],
        ".curves": ["learning_rates", "loss_curve", "score_curve"],
        ".film": ["Film", "save_film"],
        ".films": [
            "boundary_film",
            "flow_film",
            "hidden_film",
            "landscape_film",
            "loss_and_boundary_film",
            "loss_film",
        ],
        ".fits": ["regression_fit", "residuals", "training_results"],
        ".flows": ["layer_activations", "layer_flow", "layer_gradients", "layer_weights"],
        ".graph_drawing": ["graph_picture"],
        ".gradient_drawing": ["gradient_flow", "gradient_norms", "gradient_spread", "update_ratios"],
        ".grids": ["ClassGrid", "Projection", "class_grid", "principal_plane"],
        ".histogram_drawing": ["histograms", "ridges"],
        ".landscape_drawing": ["contours", "loss_landscape", "surface"],
        ".landscapes": ["Landscape", "Plane", "landscape", "losses_at", "path_plane", "random_plane"],
        ".recording": ["Recorder"],
        ".registry": ["PLOTS"],
        ".report_page": ["report", "write_report"],
        ".style": ["alt_text", "figure", "picture", "save"],
        ".tables": ["classification_results", "confusion_matrix", "first_layer", "misclassified"],
        ".descents": ["SURFACES", "descend", "optimizer_paths", "trajectories"],
    },
)
