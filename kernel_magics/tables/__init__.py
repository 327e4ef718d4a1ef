"""Tables: values in files, read to the schema of a sample and written so that they read back equal.

The text of these modules is part of every exported package. So they import pandas, NumPy and the standard
library, other libraries only where a file or a value needs them, and of Dagbook only each other.
"""
