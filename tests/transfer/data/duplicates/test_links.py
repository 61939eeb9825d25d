from transfer.data.duplicates.links import Link, groups, table


def link(first: int, second: int, tier: str = "overlap", score: float = 0.9) -> Link:
    return Link(first, second, tier, score, 1.0, 2.0, 0.5)  # type: ignore[arg-type]


def test_one_link_per_pair_of_the_surest_tier() -> None:
    links = [link(2, 5), link(2, 5, "bytes", 1.0), link(2, 5, "perceptual"), link(1, 9), link(1, 9, score=0.95)]
    found = table(links)[["image_a", "image_b", "tier", "score"]].to_numpy().tolist()
    assert [[1, 9, "overlap", 0.95], [2, 5, "bytes", 1.0]] == found


def test_groups_are_what_links_connect_numbered_by_their_first_image() -> None:
    found = groups([9, 7, 5, 3, 1], table([link(7, 9), link(3, 7)]))
    assert [1, 3, 5, 7, 9] == found["image_id"].tolist()
    assert [0, 1, 2, 1, 1] == found["duplicate_group"].tolist()


def test_without_links_every_image_is_its_own_group() -> None:
    assert [0, 1, 2] == groups([4, 2, 8], table([]))["duplicate_group"].tolist()
