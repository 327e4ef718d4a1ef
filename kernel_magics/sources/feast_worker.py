"""Runs in the environment of Feast, without Dagbook: writes the features of a view for the rows of a file."""

import json
import os
import sys


def main() -> None:
    """Do the order on standard input."""
    import pandas  # noqa: PLC0415  # an environment of its own has it
    from feast import FeatureStore  # noqa: PLC0415

    order = json.load(sys.stdin)
    os.chdir(order["repository"])
    sys.path.insert(0, order["repository"])
    store = FeatureStore(repo_path=".")
    view = store.get_feature_view(order["view"])
    keys = [column.name for column in view.entity_columns]
    rows = pandas.read_parquet(order["rows"])
    missing = [key for key in keys if key not in rows.columns]
    if missing:
        sys.exit(f"the rows have no column '{missing[0]}', a key of the view")
    wanted = rows[keys].assign(event_timestamp=pandas.to_datetime(rows[order["time"]], utc=True))
    wanted["dagbook_row"] = range(len(rows))
    features = [f"{view.name}:{feature.name}" for feature in view.features]
    found = store.get_historical_features(entity_df=wanted, features=features).to_df()
    found = found.sort_values("dagbook_row").drop(columns=["dagbook_row", "event_timestamp"])
    found.to_parquet(order["found"], index=False)


if __name__ == "__main__":
    main()
