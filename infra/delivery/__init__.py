"""A git push deploys: what receives it on the server, the steps of a deploy, the records of releases."""
