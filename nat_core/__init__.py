"""NAT Explorer's engine: Negative Awared Training, from image sets to trained networks, predictions and reports.

Importing this package imports nothing heavy. The lower floor (recipes, images, datasets, predictions, metrics, report,
checkpoints) is NumPy alone; the upper floor (models, losses, training, inference) is torch; streamlit is nowhere.
"""

__version__ = "0.1.0"
