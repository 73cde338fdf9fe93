import numpy as np
import pandas as pd
import pytest

from detector.contract import conform
from detector.errors import ConfigError
from detector.records import Records
from detector.schema import TABLES
from detector.simulate import LOOKALIKE_SHARE, LOOKALIKES, SCHEMES, simulate
from detector.simulate.lots import THRESHOLDS

TRADES, PREVALENCE = 2_000, 0.06
DAY = np.timedelta64(86_400, "s")


@pytest.fixture(scope="module")
def authority():
    return simulate(TRADES, seed=7, prevalence=PREVALENCE)


@pytest.fixture(scope="module")
def trades(authority):
    labelled = authority.tables["trades"].merge(authority.truth, on="trade_id", how="left")
    return labelled.assign(scheme=labelled["scheme"].fillna("")).set_index("trade_id")


@pytest.fixture(scope="module")
def bids(authority, trades):
    of_trade = trades.rename(columns={"status": "trade_status", "currency": "trade_currency"})
    return authority.tables["bids"].join(of_trade, on="trade_id")


@pytest.fixture(scope="module")
def valid(bids):
    """Valid priced bids, one per consortium."""
    kept = bids[(bids["status"] == "valid") & bids["amount"].notna()]
    joint = kept["consortium_id"].fillna(kept["bidder_id"])
    return kept[~pd.DataFrame({"trade": kept["trade_id"], "joint": joint}).duplicated()]


def variation(valid):
    """Coefficient of variation per trade of three or more bids."""
    amounts = valid.groupby("trade_id")["amount"]
    return (amounts.std() / amounts.mean())[amounts.size() >= 3]


def relative_distance(valid):
    """Gap between the two lowest prices over the deviation of the losing ones, of four or more bids."""
    prices = [np.sort(lot["amount"]) for _, lot in valid.groupby("trade_id") if len(lot) >= 4]
    return pd.Series([(price[1] - price[0]) / price[1:].std(ddof=1) for price in prices])


def of(frame, scheme):
    return frame[frame["scheme"] == scheme]


def winners(bids):
    return bids[bids["winner"] == 1.0]


def test_same_seed_same_tables(authority):
    again = simulate(TRADES, seed=7, prevalence=PREVALENCE)
    for name, table in authority.tables.items():
        pd.testing.assert_frame_equal(table, again.tables[name])
    pd.testing.assert_frame_equal(authority.truth, again.truth)


def test_other_seed_other_tables(authority):
    other = simulate(TRADES, seed=8, prevalence=PREVALENCE)
    assert not other.tables["bids"].equals(authority.tables["bids"])
    assert not other.truth.equals(authority.truth)


@pytest.mark.parametrize("name", list(TABLES))
def test_tables_are_canonical(authority, name):
    conformed = conform(TABLES[name], authority.tables[name])
    assert conformed.problems == ()
    assert conformed.absent == frozenset()
    assert list(authority.tables[name].columns) == list(TABLES[name].names)
    for column in TABLES[name].columns:
        if column.type == "instant":
            assert authority.tables[name][column.name].dtype == "datetime64[s]"


def test_records_set_nothing_aside(authority):
    records = Records.build(authority.tables)
    assert records.problems == ()
    assert len(records) == TRADES


def test_references_resolve(authority):
    tables = authority.tables
    parties = set(tables["parties"]["party_id"])
    for table, column in (("trades", "buyer_id"), ("bids", "bidder_id"), ("contracts", "bidder_id")):
        assert set(tables[table][column]) <= parties
    ids = set(tables["trades"]["trade_id"])
    for table, column in (("bids", "trade_id"), ("contracts", "trade_id"), ("trades", "previous_trade_id")):
        assert set(tables[table][column].dropna()) <= ids


@pytest.mark.parametrize(("trades", "prevalence"), [(1_000, 0.0), (2_000, 0.02), (3_000, 0.1)])
def test_prevalence_is_as_asked(trades, prevalence):
    authority = simulate(trades, prevalence=prevalence)
    assert len(authority.tables["trades"]) == trades
    assert authority.truth["planted"].sum() == round(trades * prevalence)
    assert (~authority.truth["planted"]).sum() == round(trades * LOOKALIKE_SHARE)
    assert authority.truth["trade_id"].is_unique


def test_every_kind_is_there_even_in_a_small_authority():
    truth = simulate(2_000).truth
    assert set(truth.loc[truth["planted"], "scheme"]) == set(SCHEMES)
    assert set(truth.loc[~truth["planted"], "scheme"]) == set(LOOKALIKES)


@pytest.mark.parametrize("seed", range(12))
def test_the_smallest_authority_works_for_any_seed(seed):
    authority = simulate(100, seed=seed, prevalence=0.5)
    assert len(authority.tables["trades"]) == 100


@pytest.mark.parametrize("arguments", [{"trades": 99}, {"prevalence": -0.1}, {"prevalence": 0.6}])
def test_unusable_arguments_are_refused(arguments):
    with pytest.raises(ConfigError, match=r"expected|at least"):
        simulate(**arguments)


def test_identifiers_and_gaps_say_nothing(trades):
    order = trades["published_at"].to_numpy()
    assert (np.diff(order[np.argsort(trades.index)]) >= np.timedelta64(0, "s")).all()
    planted = trades["planted"].eq(True)
    missing = trades["agency_id"].isna()
    assert abs(missing[planted].mean() - missing[~planted].mean()) < 0.1


def test_dates_of_honest_trades_are_in_order(trades, bids):
    honest = trades[trades["scheme"] == ""]
    columns = [
        "published_at",
        "documents_from_at",
        "documents_to_at",
        "deadline_at",
        "opened_at",
        "awarded_at",
    ]
    for number, earlier in enumerate(columns):
        for later in columns[number + 1 :]:
            both = honest[[earlier, later]].dropna()
            assert (both[earlier] <= both[later]).all(), (earlier, later)
    offered = bids[(bids["scheme"] == "") & bids["submitted_at"].notna()]
    assert (offered["submitted_at"] < offered["deadline_at"]).all()
    assert (offered["submitted_at"] > offered["published_at"]).all()
    public = honest[honest["method"] == "open"]
    assert (public["deadline_at"] - public["published_at"] >= 20 * DAY).all()


def test_contracts_follow_the_award_within_thirty_days(authority, trades):
    contracts = authority.tables["contracts"].join(trades["awarded_at"], on="trade_id")
    waited = contracts["signed_at"] - contracts["awarded_at"]
    assert waited.between(pd.Timedelta(days=5), pd.Timedelta(days=30)).all()


def test_one_winning_bid_per_awarded_trade(bids, trades):
    won = winners(bids)
    joint = won["consortium_id"].fillna(won["bidder_id"])
    assert (joint.groupby(won["trade_id"]).nunique() == 1).all()
    assert set(won["trade_id"]) == set(trades.index[trades["status"] == "awarded"])
    assert (won["status"] == "valid").all()
    assert (won["rank"] == 1).all()


def test_the_price_rule_decides(valid):
    honest = valid[(valid["scheme"] == "") & (valid["trade_status"] == "awarded")]
    for rule, best in (("lowest", "min"), ("highest", "max")):
        lots = honest[honest["price_rule"] == rule]
        extreme = lots.groupby("trade_id")["amount"].transform(best)
        assert (lots["amount"] == extreme)[lots["winner"] == 1.0].all()
    judged = honest[honest["price_rule"] == "quality_and_price"]
    best = judged.groupby("trade_id")["score"].transform("max")
    assert (judged["score"] == best)[judged["winner"] == 1.0].all()


def test_consortium_members_share_everything_but_the_name(bids):
    joint = bids[bids["consortium_id"].notna()]
    assert len(joint) > 10
    members = joint.groupby("consortium_id")
    assert (members.size() == 2).all()
    for column in ("trade_id", "amount", "rank", "winner", "status"):
        assert (members[column].nunique() <= 1).all(), column
    assert (members["bidder_id"].nunique() == 2).all()


def test_repeats_follow_failed_rounds(trades):
    again = trades[trades["previous_trade_id"].notna()]
    before = trades.loc[again["previous_trade_id"]]
    assert len(again) > 20
    assert (before["status"] == "failed").all()
    assert (again["round"].to_numpy() == before["round"].to_numpy() + 1).all()
    assert (again["published_at"].to_numpy() > before["deadline_at"].to_numpy()).all()
    assert (trades.loc[trades["previous_trade_id"].isna(), "round"] == 1).all()


def test_honest_markets_have_the_mix_asked_for(trades, bids):
    honest = trades[trades["scheme"] == ""]
    count = bids.groupby("trade_id").size().reindex(honest.index, fill_value=0)
    assert 0.05 < (count == 1).mean() < 0.3
    assert 20 <= count.max() <= 30
    assert set(honest["price_rule"]) == {
        "lowest",
        "average_based",
        "quality_and_price",
        "negotiated",
        "lottery",
        "fixed",
        "highest",
    }
    month = honest["published_at"].dt.month.value_counts(normalize=True)
    assert month.idxmax() == 12
    sales = honest[honest["side"] == "sell"]
    assert sales["reserve"].notna().all()
    assert sales["ceiling"].isna().all()


def test_ring_covers_lie_close_above_a_winner_near_the_ceiling(valid):
    ring = of(valid, "ring_cover_bids")
    usual = variation(valid[(valid["scheme"] == "") & (valid["price_rule"] == "lowest")]).median()
    assert variation(ring).median() < usual / 3
    won = winners(ring)
    assert (won["amount"] / won["ceiling"]).median() > 0.95
    honest = valid[(valid["scheme"] == "") & (valid["price_rule"] == "lowest")]
    assert relative_distance(ring).median() > 1.5 * relative_distance(honest).median()


def test_ring_firms_meet_again_and_again(bids):
    ring = of(bids, "ring_cover_bids")
    lots = ring["trade_id"].nunique()
    meetings = ring.groupby(["category", "bidder_id"])["trade_id"].nunique()
    assert lots >= 8
    assert (meetings >= 6).sum() >= 4


def test_rotation_spreads_the_wins(bids):
    won = winners(of(bids, "ring_rotation")).sort_values("published_at")
    for _, lots in won.groupby("category"):
        share = lots["bidder_id"].value_counts(normalize=True)
        assert share.iloc[0] <= 0.5
        repeats = (lots["bidder_id"].to_numpy()[1:] == lots["bidder_id"].to_numpy()[:-1]).mean()
        assert repeats < 0.3


def test_identical_prices_are_identical_and_rare_elsewhere(valid):
    tied = valid.groupby(["scheme", "price_rule", "trade_id"])["amount"].agg(lambda a: a.duplicated().any())
    assert tied["identical_prices"].mean() > 0.8
    assert tied["", "lowest"].mean() < 0.02


def test_ladders_have_equal_steps(valid):
    def uneven(amounts):
        steps, ratios = np.diff(np.sort(amounts)), np.diff(np.sort(np.log(amounts)))
        return min(steps.std() / steps.mean(), ratios.std() / ratios.mean())

    priced = valid[valid["trade_id"].map(valid.groupby("trade_id").size()) >= 4]
    ladders = of(priced, "laddered_prices").groupby("trade_id")["amount"].agg(uneven)
    assert (ladders < 0.02).mean() > 0.8
    honest = priced[(priced["scheme"] == "") & (priced["price_rule"] == "lowest")]
    assert (honest.groupby("trade_id")["amount"].agg(uneven) < 0.02).mean() < 0.01


def test_split_lots_stay_under_the_threshold_that_their_sum_exceeds(bids):
    won = winners(of(bids, "splitting"))
    limit = won["kind"].map(THRESHOLDS)
    assert (won["awarded_amount"] < limit).all()
    assert (won["awarded_amount"] > 0.7 * limit).all()
    for _, lots in won.groupby(["buyer_id", "category", "bidder_id"]):
        assert lots["awarded_amount"].sum() > 2 * THRESHOLDS[lots["kind"].iloc[0]]
        assert lots["published_at"].max() - lots["published_at"].min() < pd.Timedelta(days=50)
    assert won.groupby(["buyer_id", "category"])["bidder_id"].nunique().eq(1).all()


def test_tailored_tenders_leave_one_bidder_little_time_and_the_limit(trades, bids):
    lots = of(trades, "tailored_tender")
    assert (lots["deadline_at"] - lots["published_at"] < 14 * DAY).all()
    offered = of(bids, "tailored_tender")
    assert (offered["status"] == "valid").groupby(offered["trade_id"]).sum().eq(1).all()
    won = winners(offered)
    assert (won["awarded_amount"] / won["estimate"]).dropna().between(0.98, 1).all()


def test_captive_pairs_live_off_each_other(bids):
    won = winners(of(bids, "captive_pair"))
    share = won.groupby(["buyer_id", "category"])["bidder_id"].agg(
        lambda f: f.value_counts(normalize=True).iloc[0]
    )
    assert (share > 0.7).all()


def test_late_bids_win_only_where_planted(bids):
    known = bids[bids["submitted_at"].notna()]
    late = known[known["submitted_at"] > known["deadline_at"]]
    assert set(late["scheme"]) == {"late_accepted_bid"}
    assert (late["winner"] == 1.0).all()


def test_retendering_ends_when_the_favourite_wins(trades, bids):
    lots = of(trades, "retender_until_favourite")
    last = lots[lots["status"] == "awarded"]
    assert (last["round"] > 1).all()
    assert last["previous_trade_id"].notna().all()
    won = winners(bids).set_index("trade_id")["bidder_id"]
    tried = bids.groupby("trade_id")["bidder_id"].agg(set)
    for trade, previous in last["previous_trade_id"].items():
        assert won[trade] in tried[previous]


def test_lookalikes_look_alike(trades, valid, bids):
    spread = variation(valid)
    assert spread[spread.index.isin(of(trades, "price_list").index)].max() < 0.005
    assert of(valid, "lawful_lottery").groupby("trade_id")["amount"].nunique().eq(1).all()
    floor = of(bids, "legal_price_floor").dropna(subset=["amount", "ceiling"])
    above = floor["amount"] >= (0.85 * floor["ceiling"]).round(2)
    assert (above == (floor["status"] == "valid")).all()
    niche = of(valid, "honest_niche")
    assert niche.groupby("category")["bidder_id"].nunique().max() <= 10
    assert variation(niche).median() > 0.02
    assert (winners(niche)["amount"] / winners(niche)["ceiling"]).median() < 0.93
    calls = of(trades, "framework_call_offs")
    assert (calls["method"] == "limited").all()
    assert calls["title"].str.contains("framework").all()


def test_what_the_law_asks_leaves_no_trace_in_schemes(authority):
    """Statutory columns come from streams of their own: a scheme cannot be told by them."""
    assert set(authority.breaches.columns) == {"trade_id", "rule"}
    assert authority.breaches["trade_id"].is_unique
    assert set(authority.breaches["trade_id"]) <= set(authority.tables["trades"]["trade_id"])
    pd.testing.assert_frame_equal(
        authority.breaches, simulate(TRADES, seed=7, prevalence=PREVALENCE).breaches
    )


@pytest.mark.parametrize("table", ["changes", "payments", "events", "sanctions", "relations"])
def test_the_files_of_a_trade_are_filled(authority, table):
    assert len(authority.tables[table])


def test_nothing_lies_after_the_records(authority):
    snapshot = authority.tables["trades"]["recorded_at"].max()
    for table, column in (("payments", "paid_at"), ("changes", "changed_at"), ("events", "answered_at")):
        assert (authority.tables[table][column].dropna() <= snapshot).all()
