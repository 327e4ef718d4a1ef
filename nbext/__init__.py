"""The screens of Dagbook: the widget, the extension of JupyterLab, and self-contained pages."""
