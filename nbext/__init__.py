"""The screens of Dagbook: the widget, the extension of JupyterLab, and pages that stand alone."""
