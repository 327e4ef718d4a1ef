"""The displays of Dagbook: the widget, the JupyterLab extension, and self-contained pages."""
