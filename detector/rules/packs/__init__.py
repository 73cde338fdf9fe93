"""Rule packs as data: NAME.toml, and beside it NAME.cases.toml, what each rule must answer."""
