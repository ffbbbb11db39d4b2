# The commands of Shoreline. Each sets up what it needs first; `make help` lists them.
PYTHON ?= python3
TOOLCHAIN = @$(PYTHON) -m infra.toolchain
RUN = $(TOOLCHAIN) exec --
# In the order of the folders: by the number of tests, the longest files would come last, one worker waiting.
PYTEST = -n 2 --dist loadfile --no-loadscope-reorder
given = $(if $($(1)),--$(shell echo $(1) | tr A-Z a-z)=$($(1)))

.PHONY: help up preview down destroy env status logs routes measure switch shadow jobs releases rollback backup restore bench screenshots overload check test chaos soak tools lock

help: ## list the commands
	@sed -n 's/^\([a-z]*\): .*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 18

up: ## start the local cloud and apply the dev stack to it
	$(RUN) python -m infra.cli up

preview: ## show what `make up` would change
	$(RUN) python -m infra.localcloud up
	$(RUN) pulumi preview

down: ## stop the local cloud; its data stays
	$(RUN) python -m infra.localcloud down

destroy: ## remove the dev stack and all that the local cloud keeps
	$(RUN) python -m infra.cli destroy

env: ## print exports for a shell: eval "$(make env)"
	$(TOOLCHAIN) env

status: ## show the local cloud's processes
	$(RUN) python -m infra.localcloud status

logs: ## show the local cloud's logs
	$(RUN) python -m infra.localcloud logs

routes: ## print the ledger of the routes, and compile them to what the tiers read
	$(RUN) python -m infra.manifest

measure: ## measure the rows that routes read, where the SQL or the schema changed
	$(RUN) python -m infra.manifest measure

switch: ## move a route at once: ROUTE=list_notes ROLLOUT=0 (or SHADOW=10, or CLEAR=1); alone: list the switches
	$(RUN) python -m infra.cli switch $(foreach option,ROUTE ROLLOUT SHADOW,$(call given,$(option))) $(if $(CLEAR),--clear)

shadow: ## what the shadows of routes found; ROUTE=list_notes for one, CLEAR=1 to count anew
	$(RUN) python -m infra.cli shadow $(call given,ROUTE) $(if $(CLEAR),--clear)

jobs: ## the jobs that failed in every try; DO='replay ID' or 'replay all' tries again, DO='operator EMAIL' lets somebody
	$(RUN) python -m infra.cli jobs $(DO)

releases: ## what `git push shoreline main` deployed, when, by whom, and what came of it
	$(RUN) python -m infra.cli releases

rollback: ## go back to the release before, or to RELEASE=r3
	$(RUN) python -m infra.cli releases --rollback $(RELEASE)

backup: ## copy the database and the servers' files to backups/
	$(RUN) python -m infra.cli backup

restore: ## put a backup in place of what the stack has: FROM=FOLDER
	$(RUN) python -m infra.cli restore $(FROM)

bench: ## what the Worker, the jobs and realtime cost beside others, and an unchanged `make up` beside a program that only imports
	$(RUN) python -m tests.bench.edge
	$(RUN) python -m tests.bench.jobs
	$(RUN) python -m tests.bench.realtime
	$(RUN) python -m infra.cli bench

screenshots: ## take pictures of the page's main views to screenshots/
	$(RUN) python -m tests.browser.screenshots

overload: ## ask the server for more than it can do, beside the edge, which must hold its latency: figures, and a plot in overload/
	$(RUN) python -m tests.bench.overload

check: ## lint, format, types
	$(RUN) ruff check .
	$(RUN) ruff format --check .
	$(RUN) mypy
	$(RUN) sh -c 'git grep -lIE "^#!.*(/| )(ba)?sh$$" -- ":!*.py" | xargs shellcheck'
	$(RUN) sh -c 'find infra services tests -name tsconfig.json | while read -r config; do tsc --noEmit -p "$$config" || exit 1; done'

test: check ## check, then every test
	$(RUN) pytest $(PYTEST) -m "not chaos"

chaos: ## the long and randomised tests: kills at every point
	$(RUN) pytest $(PYTEST) -m chaos

soak: ## an hour's worth of coming and going before the realtime service, in minutes
	$(RUN) python -m tests.soak.realtime

tools: ## set up the tools; tries downloads again that could not be had
	$(TOOLCHAIN) ensure --retry

lock: ## resolve all dependencies anew
	$(TOOLCHAIN) lock
