# Everything is done by config/bootstrap.py; `make` alone lists what there is.
PYTHON ?= $(shell for p in python3.14 python3.13 python3.12 python3.11 python3; do \
	$$p -c '' 2>/dev/null && echo $$p && exit; done; echo python3)
export PORT ?= 8000

.PHONY: help venv run test check bench soak clean
help:
	@$(PYTHON) config/bootstrap.py --help
venv:
	@$(PYTHON) config/bootstrap.py venv
run:
	@$(PYTHON) config/bootstrap.py run
test:
	@$(PYTHON) config/bootstrap.py test
check:
	@$(PYTHON) config/bootstrap.py check
bench:
	@$(PYTHON) config/bootstrap.py bench
soak:
	@$(PYTHON) config/bootstrap.py soak
clean:
	@$(PYTHON) config/bootstrap.py clean
