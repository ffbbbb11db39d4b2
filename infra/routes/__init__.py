"""What the application answers, declared once. The way of a route goes on in infra/manifest."""
