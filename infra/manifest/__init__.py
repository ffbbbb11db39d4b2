"""What both tiers are given of the routes: compiled from infra/routes, or refused."""
