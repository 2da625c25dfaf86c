# build         the program, as ./nixhop
# try           a demonstration on two hosts that are made for it (root, Debian)
# test          everything that this machine can run
# bench         how long things take, beside ssh and a bare nixos-rebuild, on the same hosts (root, Debian)
# soak          runs that are cut off at random moments of an activation, in numbers
# lint          what needs no tests: vet, formatting, shell scripts
# golangci      golangci-lint, by .golangci.yml; the first time it is built from its sources, for minutes
# vulnerabilities  what is known against Go's library and the modules that the program calls (needs vuln.go.dev)
# release       the archives of a release, in ./release: VERSION=..., else what git calls this commit (GNU tar)
# pictures      those of the README, of real runs (root, Debian): look at them before they are committed
# vendor-hash   write the hash of the vendored modules into nix/package.nix, after a change of go.mod (Nix)

# The race detector needs a C compiler.
RACE := $(shell command -v "$$(go env CC)" >/dev/null 2>&1 && echo -race)
SCRIPTS := $(shell find . -name '*.sh' -not -path './.git/*') testdata/lab/bin/nixos-rebuild .ci/run .ci/release

.PHONY: build try test lint golangci vulnerabilities lab bench soak pictures release vendor-hash clean

build:
	go build -o nixhop .

try:
	@testdata/lab/try.sh

# The stand-ins are a program of their own here: a test binary with the race detector takes three times as long to start.
test: lint
	@dir=$$(mktemp -d) && trap 'rm -rf "$$dir"' EXIT && go build -o "$$dir/standin" ./testdata/standin/program && \
		echo go test $(RACE) ./... && STANDIN=$$dir/standin go test $(RACE) ./...
	@$(MAKE) --no-print-directory lab

# The end-to-end tests on real hosts.
lab:
	@if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		testdata/lab/lab.sh install && \
		echo go test $(RACE) -tags lab -run TestLab -parallel 3 -timeout 18m . && \
		go test $(RACE) -tags lab -run TestLab -parallel 3 -timeout 18m .; \
	else \
		echo 'left out: the tests on real hosts (make lab), which need root on Debian or a relative'; \
	fi

# With NIXHOP_BENCH=guard those alone of the first table that have it in their names.
bench:
	@testdata/lab/lab.sh install
	NIXHOP_BENCH_JSON=bench.json go test -tags lab,bench -run TestBench -count 1 -timeout 60m -v .

# With SOAK_TAGS=soak,lab on real hosts, and SOAK_GUARDS=1000 with so many activations that lose their host.
SOAK_TAGS ?= soak

soak:
	go test -tags $(SOAK_TAGS) -run TestSoak -count 1 -timeout 90m -v .

lint:
	go vet ./... ./testdata/standin/... ./testdata/terminal ./testdata/picture
	go vet -tags lab,bench,soak,pictures .
	GOOS=darwin go vet ./... ./testdata/standin/... ./testdata/terminal ./testdata/picture
	@unformatted=$$(gofmt -l .); \
	if [ -n "$$unformatted" ]; then echo "gofmt -w $$unformatted"; exit 1; fi
	@if command -v shellcheck >/dev/null; then \
		echo shellcheck $(SCRIPTS) && shellcheck $(SCRIPTS); \
	else \
		echo 'left out: shellcheck, which is not installed'; \
	fi

# Tools of their own, by their release: no modules of this program.
GOLANGCI := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
GOVULNCHECK := golang.org/x/vuln/cmd/govulncheck@v1.9.0

# The length of lines is looked at where they are new: since this commit.
SINCE ?= HEAD

golangci:
	go run $(GOLANGCI) run ./...
	go run $(GOLANGCI) run --enable-only lll --new-from-rev $(SINCE) ./...

vulnerabilities:
	go run $(GOVULNCHECK) ./...

pictures:
	@testdata/lab/lab.sh install
	go test -tags lab,pictures -run TestMakePictures -count 1 -timeout 20m .

VERSION ?= $(shell git describe --tags --always --dirty)

release:
	.ci/release release $(VERSION)

vendor-hash:
	nix/vendor-hash.sh --write

clean:
	rm -rf nixhop result result-* release
