"""A shop's features: one dataflow of a chosen size, as a person would write it, to look at in the graph and in other tools."""

from __future__ import annotations

from dataclasses import dataclass

INPUTS = ("raw_orders", "raw_customers", "raw_stores", "raw_weather", "raw_calendar")
PARAMS = (("vat_rate", "0.2"), ("days_until_silent", "90.0"))


@dataclass(frozen=True)
class Feature:
    """A node: what it reads, and the values of `{k}` in its name if it is a family."""

    name: str
    reads: tuple[str, ...]
    values: tuple[int, ...] = ()

    def members(self) -> list[str]:
        """The name of each node."""
        return [self.name.format(k=k) for k in self.values] or [self.name]


SECTIONS: dict[str, tuple[Feature, ...]] = {
    "Orders": (
        Feature("orders_without_tests", ("raw_orders",)),
        Feature("order_value_net", ("orders_without_tests", "vat_rate")),
        Feature("orders_per_day", ("orders_without_tests",)),
        Feature("revenue_per_day", ("order_value_net", "orders_per_day")),
        Feature("revenue_lag_{k}", ("revenue_per_day",), (1, 7, 14, 28)),
        Feature("revenue_rolling_mean_{k}", ("revenue_per_day",), (7, 28, 91)),
        Feature("average_basket", ("revenue_per_day", "orders_per_day")),
    ),
    "Customers": (
        Feature("known_customers", ("raw_customers",)),
        Feature("days_since_last_order", ("known_customers", "orders_without_tests")),
        Feature("is_silent", ("days_since_last_order", "days_until_silent")),
        Feature("orders_per_customer", ("known_customers", "orders_without_tests")),
        Feature("spend_per_customer", ("known_customers", "order_value_net")),
        Feature("spend_share_of_first_order", ("spend_per_customer", "orders_per_customer")),
        Feature("spend_quantile_{k}", ("spend_per_customer",), (10, 50, 90)),
        Feature("customer_lifetime_value", ("spend_per_customer", "orders_per_customer", "is_silent")),
    ),
    "Stores": (
        Feature("open_stores", ("raw_stores", "raw_calendar")),
        Feature("revenue_per_store", ("open_stores", "revenue_per_day")),
        Feature("store_size_band", ("open_stores",)),
        Feature("revenue_per_square_metre", ("revenue_per_store", "store_size_band")),
        Feature("nearest_competitor_distance_in_kilometres", ("open_stores",)),
        Feature("store_rank", ("revenue_per_store", "nearest_competitor_distance_in_kilometres")),
    ),
    "Weather": (
        Feature("temperature", ("raw_weather",)),
        Feature("rain", ("raw_weather",)),
        Feature("temperature_lag_{k}", ("temperature",), (1, 2, 3)),
        Feature("rain_sum_{k}", ("rain",), (1, 3, 7)),
        Feature("heat_wave", ("temperature", "temperature_lag_1", "temperature_lag_2")),
        Feature("rainy_weekend", ("rain_sum_3", "is_weekend")),
    ),
    "Calendar": (
        Feature("weekday", ("raw_calendar",)),
        Feature("is_weekend", ("weekday",)),
        Feature("is_holiday", ("raw_calendar",)),
        Feature("days_to_holiday", ("is_holiday",)),
        Feature("pay_day", ("weekday", "is_holiday")),
    ),
    "Model": (
        Feature("demand_features", ("revenue_lag_7", "revenue_rolling_mean_28", "is_weekend", "heat_wave", "rainy_weekend")),
        Feature("customer_features", ("customer_lifetime_value", "spend_quantile_50", "is_silent")),
        Feature("store_features", ("store_rank", "revenue_per_square_metre", "days_to_holiday")),
        Feature("expected_demand", ("demand_features", "store_features", "pay_day")),
        Feature("expected_churn", ("customer_features", "average_basket")),
        Feature("target_stock", ("expected_demand", "expected_churn")),
    ),
}  # fmt: skip
"""49 nodes: with inputs, params and checks 58."""
SMALL = ("Calendar",)
"""Eight nodes with the input and two checks."""


def features(copies: int = 1) -> dict[str, tuple[Feature, ...]]:
    """The sections; more copies are the same for other countries, which read the inputs of all."""
    given = {*INPUTS, *(name for name, _ in PARAMS)}
    found = dict(SECTIONS)
    for number in range(1, copies):
        found |= {
            f"{section} {number}": tuple(_copied(item, number, given) for item in items)
            for section, items in SECTIONS.items()
        }
    return found


def cells(size: int) -> list[str]:
    """Notebook cells with 8, 60 or about 500 nodes, a check that warns and one that fails."""
    chosen = {name: SECTIONS[name] for name in SMALL} if size < 60 else features(max(1, round(size / 58)))
    used = {read for items in chosen.values() for item in items for read in item.reads}
    inputs = [name for name in INPUTS if name in used]
    found = [
        "%load_ext kernel_magics",
        f"#md # A shop, {size} nodes",
        "%%setup\nimport pandas as pd",
        "%%inputs\n" + "\n".join(f"{name}: pd.Series = pd.Series([1.0, 2.0, {at + 3}.0])" for at, name in enumerate(inputs)),
    ]  # fmt: skip
    if params := [f"{name}: float = {value}" for name, value in PARAMS if name in used]:
        found.append("%%params\n" + "\n".join(params))
    for section, items in chosen.items():
        found.append(f"#md ## {section}")
        found.extend(_cell(item) for item in items)
    return [
        *found,
        "%dag",
        "%%check weekday --warn\nweekday < 3  # three days",
        "%%check is_holiday\nis_holiday > 1.5  # more than one",  # the cell fails, and the next ones would not run
    ]


def _cell(item: Feature) -> str:
    family = f" --for k={','.join(map(str, item.values))}" if item.values else ""
    last = " + k" if item.values else " + 0"
    return f"%%node {item.name}{family}\n# {item.name.replace('_', ' ').capitalize()}.\n({' + '.join(item.reads)}) / 2{last}"


def _copied(item: Feature, number: int, given: set[str]) -> Feature:
    reads = tuple(name if name in given else f"{name}_{number}" for name in item.reads)
    return Feature(f"{item.name}_{number}", reads, item.values)
