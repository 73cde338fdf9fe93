"""The numbers of `bench_features` in vectorised pandas, in Polars and in DuckDB SQL.

Each takes the same flat, unsorted columns and returns the same numbers by trade. Where a shorter formula gives the
same value the rivals get it (a mean of log ratios telescopes, the losers' mean follows from the mean of all), so
nobody is held back by our own way to write it. `key` is the amount, negative in a sale.
"""

import numpy as np
import pandas as pd
import polars as pl

from tests.benchmarks.feature_sums import DAY, finish, finish_arrivals

ZEROS = 12


def with_pandas(d):
    out = _pandas_prices(d)
    out |= _pandas_arrivals(d)
    return out


def _pandas_prices(d):
    s = pd.DataFrame({"trade": d["trade"], "key": d["key"], "amount": d["amount"]})
    s = s.sort_values(["trade", "key"], ignore_index=True)
    g = s.groupby("trade")
    pos, n = g.cumcount(), g["amount"].transform("size")
    best = g["amount"].transform("first")
    dist = (s["amount"] - best).abs()
    md, span = dist.groupby(s["trade"]).transform("mean"), dist.groupby(s["trade"]).transform("max")
    before = g["amount"].shift()
    step = (s["amount"] - before).abs()
    log = np.log1p((s["amount"] - before) / before).abs()
    mean_log = np.log(g["amount"].transform("last") / best).abs() / (n - 1)
    dev, lost = dist - md, (dist - md * n / (n - 1)).where(pos > 0)
    place, inner = dist / span, n - 2
    apart = np.maximum(pos / inner - place, place - (pos - 1) / inner).clip(lower=0)
    ticks = np.rint(s["amount"].to_numpy() * 1e4).astype(np.int64)
    zeros = sum((ticks % 10**k == 0).astype(np.int64) for k in range(1, ZEROS + 1))
    rows = {
        "s2": dev**2,
        "s3": dev**3,
        "s4": dev**4,
        "l2": lost**2,
        "g2": (step - span / (n - 1)) ** 2,
        "r2": (log - mean_log) ** 2,
        "round": ticks // 10**zeros < 10.0 ** (zeros - 5),
    }
    sums = pd.DataFrame(rows).groupby(s["trade"]).sum()
    ks = apart.where((pos > 0) & (pos < n - 1) & (span > 0)).groupby(s["trade"]).max()
    a = [s["amount"], *(g["amount"].shift(-k) for k in (1, 2, 3))]
    least = {}
    for size in (3, 4):
        mean = sum(x - a[0] for x in a[:size]) / size
        var = sum((x - a[0] - mean) ** 2 for x in a[:size]) / (size - 1)
        least[size] = (np.sqrt(var) / (a[0] + mean)).groupby(s["trade"]).min()
    first = pd.DataFrame({"n": n, "best": best, "md": md, "span": span})[pos == 0].set_index(
        s["trade"][pos == 0]
    )
    second = dist[pos == 1].set_axis(s["trade"][pos == 1])
    frame = first.assign(gap=second, **sums, ks=ks, l3=least[3], l4=least[4]).reindex(np.arange(d["trades"]))
    trades = {
        name: d[name]
        for name in ("estimate", "ceiling", "published", "deadline", "opened", "awarded", "signed")
    }
    won = d["winner"]
    price = pd.Series(d["amount"][won], d["trade"][won]).reindex(frame.index).to_numpy()
    return finish({name: frame[name].to_numpy() for name in frame}, trades, price, d["is_sale"])


def _pandas_arrivals(d):
    s = pd.DataFrame({"trade": d["trade"], "arrived": d["arrived"]}).sort_values(
        ["trade", "arrived"], ignore_index=True
    )
    g = s.groupby("trade")
    first, before = g["arrived"].transform("first"), g["arrived"].shift()
    since = s["arrived"] - first
    tick = np.full(len(s), 1.0)
    for unit in (60.0, 3600.0, DAY):
        tick = np.where((since % unit == 0).groupby(s["trade"]).transform("all"), unit, tick)
    left = (d["deadline"][s["trade"].to_numpy()] - s["arrived"]).clip(lower=0)
    ratio = (left.groupby(s["trade"]).shift() + 2 * tick) / (left + tick)
    rows = pd.DataFrame(
        {"trade": s["trade"], "gap": s["arrived"] - before, "ratio": ratio, "tick": tick, "left": left}
    )
    m = rows.groupby("trade").agg(
        gap=("gap", "min"),
        ratio=("ratio", "min"),
        tick=("tick", "first"),
        a=("left", "first"),
        z=("left", "last"),
    )
    m["n"], m["first"], m["last"] = g.size(), g["arrived"].first(), g["arrived"].last()
    won = pd.Series(d["arrived"][d["winner"]], d["trade"][d["winner"]]).reindex(np.arange(d["trades"]))
    mine = won.to_numpy()[s["trade"].to_numpy()]
    m["later"] = (s["arrived"] > mine).groupby(s["trade"]).sum()
    m["same"] = (s["arrived"] == mine).groupby(s["trade"]).sum()
    m = m.reindex(np.arange(d["trades"]))
    return finish_arrivals({name: m[name].to_numpy() for name in m}, won.to_numpy(), d["deadline"])


def with_polars(d):
    names = ("trade", "key", "amount", "arrived", "winner")
    bids = pl.DataFrame({name: d[name] for name in names}).lazy()
    won = bids.filter("winner").select("trade", price="amount", won="arrived")
    priced, timed, paid = pl.collect_all([_polars_prices(bids), _polars_arrivals(d, bids, won), won])
    return _finish_both(d, _columns(priced, d), _columns(timed, d), _spread(paid, "price", d))


def _polars_prices(bids):
    prices = (
        bids.select("trade", "key", "amount")
        .sort("trade", "key")
        .with_columns(
            pos=pl.int_range(pl.len()).over("trade"),
            n=pl.len().over("trade").cast(pl.Float64),
            best=pl.col("amount").first().over("trade"),
            worst=pl.col("amount").last().over("trade"),
            before=pl.col("amount").shift().over("trade"),
            **{f"a{k}": pl.col("amount").shift(-k).over("trade") for k in (1, 2, 3)},
            ticks=(pl.col("amount") * 1e4).round().cast(pl.Int64),
        )
        .with_columns(
            dist=(pl.col("amount") - pl.col("best")).abs(),
            span=(pl.col("worst") - pl.col("best")).abs(),
            zeros=sum(((pl.col("ticks") % 10**k) == 0).cast(pl.Int64) for k in range(1, ZEROS + 1)),
        )
        .with_columns(md=pl.col("dist").mean().over("trade"))
    )
    c = pl.col
    dev, inner, place = c("dist") - c("md"), c("n") - 2, c("dist") / c("span")
    log = ((c("amount") - c("before")) / c("before")).log1p().abs()
    mean_log = (c("worst") / c("best")).log().abs() / (c("n") - 1)
    later = c("pos") > 0
    apart = pl.max_horizontal(c("pos") / inner - place, place - (c("pos") - 1) / inner, 0.0)
    least = {}
    for size in (3, 4):
        window = [c("amount"), c("a1"), c("a2"), c("a3")][:size]
        mean = sum((x - c("amount") for x in window[1:]), pl.lit(0.0)) / size
        var = sum((x - c("amount") - mean) ** 2 for x in window) / (size - 1)
        least[f"l{size}"] = (var.sqrt() / (c("amount") + mean)).min()
    return prices.group_by("trade").agg(
        c("n").first(),
        c("best").first(),
        c("md").first(),
        c("span").first(),
        gap=c("dist").filter(c("pos") == 1).first(),
        s2=(dev**2).sum(),
        s3=(dev**3).sum(),
        s4=(dev**4).sum(),
        l2=((c("dist") - c("md") * c("n") / (c("n") - 1)) ** 2).filter(later).sum(),
        g2=(((c("amount") - c("before")).abs() - c("span") / (c("n") - 1)) ** 2).sum(),
        r2=((log - mean_log) ** 2).sum(),
        ks=apart.filter(later & (c("pos") < c("n") - 1) & (c("span") > 0)).max(),
        round=(c("ticks") // pl.lit(10).pow(c("zeros")) < pl.lit(10.0).pow(c("zeros") - 5))
        .sum()
        .cast(pl.Float64),
        **least,
    )


def _polars_arrivals(d, bids, won):
    c = pl.col
    deadline = pl.LazyFrame({"trade": np.arange(d["trades"]), "deadline": d["deadline"]})
    units = {60: "minute", 3600: "hour", 86400: "day"}
    arrivals = (
        bids.select("trade", "arrived")
        .join(deadline, on="trade")
        .join(won, on="trade", how="left")
        .sort("trade", "arrived")
        .with_columns(
            since=c("arrived") - c("arrived").first().over("trade"),
            left=(c("deadline") - c("arrived")).clip(lower_bound=0),
            gap=c("arrived").diff().over("trade"),
        )
        .with_columns(
            prior=c("left").shift().over("trade"),
            **{name: (c("since") % unit == 0).all().over("trade") for unit, name in units.items()},
        )
        .with_columns(
            tick=pl.when("day").then(DAY).when("hour").then(3600.0).when("minute").then(60.0).otherwise(1.0)
        )
    )
    return arrivals.group_by("trade").agg(
        n=pl.len().cast(pl.Float64),
        gap=c("gap").min(),
        ratio=((c("prior") + 2 * c("tick")) / (c("left") + c("tick"))).min(),
        tick=c("tick").first(),
        a=c("left").max(),
        z=c("left").min(),
        first=c("arrived").min(),
        last=c("arrived").max(),
        later=(c("arrived") > c("won")).sum().cast(pl.Float64),
        same=(c("arrived") == c("won")).sum().cast(pl.Float64),
        won=c("won").first(),
    )


def _columns(frame, d):
    """Columns of a frame of some trades as arrays of all trades."""
    return {name: _spread(frame, name, d) for name in frame.columns if name != "trade"}


def _spread(frame, name, d):
    full = np.full(d["trades"], np.nan)
    full[np.asarray(frame["trade"])] = np.asarray(frame[name], dtype=np.float64)
    return full


def _finish_both(d, priced, timed, price):
    trades = {
        name: d[name]
        for name in ("estimate", "ceiling", "published", "deadline", "opened", "awarded", "signed")
    }
    return finish(priced, trades, price, d["is_sale"]) | finish_arrivals(timed, timed["won"], d["deadline"])


def with_duckdb(d, connection):
    connection.register("bids", {name: d[name] for name in ("trade", "key", "amount", "arrived", "winner")})
    connection.register("trades", {"trade": np.arange(d["trades"]), "deadline": d["deadline"]})
    zeros = " + ".join(f"(ticks % {10**k} = 0)::bigint" for k in range(1, ZEROS + 1))
    least = {}
    for size, more in ((3, ""), (4, " + a3")):
        mean = f"(amount + ((a1 - amount) + (a2 - amount){more and ' + (a3 - amount)'}) / {size})"
        terms = " + ".join(f"({x} - {mean})**2" for x in ("amount", "a1", "a2", "a3")[:size])
        least[size] = f"min(sqrt(({terms}) / {size - 1}) / {mean})"
    priced = connection.execute(f"""
        with placed as (
            select trade, amount, round(amount * 1e4)::bigint as ticks, row_number() over w as pos,
                (count(*) over p)::double as n, first_value(amount) over w as best,
                last_value(amount) over (w rows between unbounded preceding and unbounded following) as worst,
                lag(amount) over w as before, lead(amount) over w as a1, lead(amount, 2) over w as a2,
                lead(amount, 3) over w as a3
            from bids window w as (partition by trade order by key), p as (partition by trade)),
        far as (select *, abs(amount - best) as dist, abs(worst - best) as span, {zeros} as zeros from placed),
        centred as (select *, avg(dist) over (partition by trade) as md from far)
        select trade, any_value(n) as n, any_value(best) as best, any_value(md) as md, any_value(span) as span,
            min(dist) filter (pos = 2) as gap, sum((dist - md)**2) as s2, sum((dist - md)**3) as s3,
            sum((dist - md)**4) as s4, sum((dist - md * n / (n - 1))**2) filter (pos > 1) as l2,
            sum((abs(amount - before) - span / (n - 1))**2) as g2,
            sum((abs(ln(1 + (amount - before) / before)) - abs(ln(worst / best)) / (n - 1))**2) as r2,
            max(greatest((pos - 1) / (n - 2) - dist / span, dist / span - (pos - 2) / (n - 2), 0))
                filter (pos > 1 and pos < n and span > 0) as ks,
            sum((ticks // (10**zeros)::bigint < 10.0**(zeros - 5))::int)::double as round,
            {least[3]} as l3, {least[4]} as l4
        from centred group by trade""").fetchnumpy()  # noqa: S608 - nothing but constants
    timed = _duckdb_arrivals(connection)
    paid = connection.execute("select trade, amount as price from bids where winner").fetchnumpy()
    return _finish_both(d, _filled(priced, d), _filled(timed, d), _filled(paid, d)["price"])


def _duckdb_arrivals(connection):
    return connection.execute("""
        with won as (select trade, arrived as won from bids where winner),
        a as (select b.trade, b.arrived, greatest(t.deadline - b.arrived, 0) as spare, won.won,
                b.arrived - min(b.arrived) over (partition by b.trade) as since
            from bids b join trades t using (trade) left join won using (trade)),
        u as (select *, lag(arrived) over w as before, lag(spare) over w as prior,
                case when bool_and(since % 86400 = 0) over p then 86400.0 when bool_and(since % 3600 = 0) over p
                    then 3600.0 when bool_and(since % 60 = 0) over p then 60.0 else 1.0 end::double as tick
            from a window w as (partition by trade order by arrived), p as (partition by trade))
        select trade, count(*)::double as n, min(arrived - before) as gap, any_value(won) as won,
            min((prior + 2 * tick) / (spare + tick)) as ratio, any_value(tick) as tick, max(spare) as a,
            min(spare) as z, min(arrived) as first, max(arrived) as last,
            sum((arrived > won)::int)::double as later, sum((arrived = won)::int)::double as same
        from u group by trade""").fetchnumpy()


def _filled(columns, d):
    filled = {}
    for name in set(columns) - {"trade"}:
        filled[name] = np.full(d["trades"], np.nan)
        filled[name][columns["trade"]] = np.ma.filled(np.ma.asarray(columns[name], dtype=np.float64), np.nan)
    return filled
