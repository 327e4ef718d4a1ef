"""One row of pandas without pandas: look-alikes of a Series and a DataFrame that hold plain Python values."""
