package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// packaged is a copy of this tree as a flake, beside what stands in for nixpkgs and a flake that uses both, with a
// store of their own.
type packaged struct {
	t                     *testing.T
	nixhop, nixpkgs, user string
	environment           []string
}

func newPackaged(t *testing.T) *packaged {
	t.Helper()
	dir := t.TempDir()
	p := &packaged{t: t, nixhop: dir + "/nixhop", nixpkgs: dir + "/nixpkgs", user: dir + "/user"}
	p.copyTree()
	for from, to := range map[string]string{
		"testdata/nixpkgs/flake.nix":                 p.nixpkgs + "/flake.nix",
		"testdata/nixpkgs/default.nix":               p.nixpkgs + "/default.nix",
		"testdata/lab/flake/nixpkgs/lib/default.nix": p.nixpkgs + "/lib/default.nix",
		"testdata/nixpkgs/user.nix":                  p.user + "/flake.nix",
	} {
		p.copyFile(from, to)
	}
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Fatal(err)
	}
	p.environment = append(os.Environ(),
		"NIX_STORE_DIR="+dir+"/store", "NIX_STATE_DIR="+dir+"/state", "NIX_CONF_DIR="+dir, "NIX_REMOTE=", "XDG_CACHE_HOME="+dir+"/cache",
		"NIX_CONFIG=experimental-features = nix-command flakes\nsandbox = false\nbuild-users-group =\nsubstituters =\nwarn-dirty = false",
		"NIXHOP_TEST_BASH="+bash, "GOCACHE="+p.run("", "go", "env", "GOCACHE"), "GOMODCACHE="+p.run("", "go", "env", "GOMODCACHE"))
	return p
}

// copyTree copies what git has of this tree, and what it would take.
func (p *packaged) copyTree() {
	p.t.Helper()
	for _, name := range strings.Split(p.run("", "git", "ls-files", "-co", "--exclude-standard"), "\n") {
		if _, err := os.Stat(name); err == nil {
			p.copyFile(name, filepath.Join(p.nixhop, name))
		}
	}
}

func (p *packaged) copyFile(from, to string) {
	p.t.Helper()
	data, err := os.ReadFile(from)
	if err != nil {
		p.t.Fatal(err)
	}
	if strings.HasPrefix(to, p.user) {
		data = []byte(strings.NewReplacer("path:NIXPKGS", "path:"+p.nixpkgs, "path:NIXHOP", "path:"+p.nixhop).Replace(string(data)))
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		p.t.Fatal(err)
	}
	info, err := os.Stat(from)
	if err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(to, data, info.Mode().Perm()); err != nil {
		p.t.Fatal(err)
	}
}

// run runs a program in a directory and returns what it prints on standard output.
func (p *packaged) run(dir string, argv ...string) string {
	p.t.Helper()
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Dir, cmd.Env = dir, p.environment
	var errs strings.Builder
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		p.t.Fatalf("%q: %v\n%s", argv, err, errs.String())
	}
	return strings.TrimRight(string(out), "\n")
}

// TestFlake evaluates every output of the flake, for every system, and the modules in a flake that uses them.
func TestFlake(t *testing.T) {
	t.Parallel()
	p := newPackaged(t)
	p.run(p.nixhop, "nix", "flake", "check", "--no-build", "--impure", "--no-write-lock-file", "--override-input", "nixpkgs", "path:"+p.nixpkgs, "path:.")
	got := p.run(p.user, "nix", "eval", "--json", "--impure", "--no-write-lock-file", "path:.#facts")
	for _, want := range []string{
		`"license":"MIT"`,
		`"home":{"packages":[{"name":"nixhop-as-nixos-rebuild","priority":-10}],"variables":{"NIXHOP_SSH_CONFIG":"/etc/ssh/hosts"}}`,
		`"nixos":{"packages":[{"name":"nixhop-as-nixos-rebuild","priority":-10}],"variables":{"NIXHOP_SSH_CONFIG":"/etc/ssh/hosts"}}`,
		`"plain":[{"name":"nixhop-unstable-`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%s is not in %s", want, got)
		}
	}
}

// TestPackage builds the package, with the hash of the vendored modules, and what stands for nixos-rebuild.
func TestPackage(t *testing.T) {
	t.Parallel()
	p := newPackaged(t)
	// From the cache where it has them all; what is for other systems only, no other test has asked for.
	p.run("", "go", "mod", "download")
	build := func(name string) string {
		link := filepath.Join(t.TempDir(), name)
		p.run(p.user, "nix", "build", "--out-link", link, "--impure", "--no-write-lock-file", "path:.#"+name)
		return link
	}
	nixos, home := build("onNixos"), build("atHome")
	for _, file := range []string{
		"bin/nixhop", "share/man/man1/nixhop.1", "share/zsh/site-functions/_nixhop",
		"share/bash-completion/completions/nixhop.bash", "share/bash-completion/completions/nixos-rebuild",
		"share/fish/vendor_completions.d/nixhop.fish", "share/fish/vendor_completions.d/nixos-rebuild.fish",
	} {
		for _, out := range []string{nixos, home} {
			if info, err := os.Stat(filepath.Join(out, file)); err != nil || info.Size() == 0 {
				t.Errorf("%s of %s: %v", file, out, err)
			}
		}
	}
	if got := p.run("", home+"/bin/nixhop", "version"); !strings.HasPrefix(got, "nixhop unstable-") {
		t.Errorf("the version is %q", got)
	}
	// The real one is found where PATH has none but this: here it is a file that does not exist, by its name.
	cmd := exec.Command(nixos+"/bin/nixos-rebuild", "build")
	cmd.Env = []string{"PATH=" + nixos + "/bin:" + os.Getenv("PATH"), "HOME=" + t.TempDir()}
	out, err := cmd.CombinedOutput()
	if err == nil || !strings.Contains(string(out), "-nixpkgs-fmt/bin/nixos-rebuild") {
		t.Errorf("nixos-rebuild: %v\n%s", err, out)
	}
}

// TestRelease makes an archive in two places, with the same bytes, and looks into it.
func TestRelease(t *testing.T) {
	t.Parallel()
	p := newPackaged(t)
	p.environment = append(p.environment, "PLATFORMS=linux/amd64", "SOURCE_DATE_EPOCH=1700000000")
	elsewhere := filepath.Join(t.TempDir(), "elsewhere")
	p.run("", "cp", "-r", p.nixhop, elsewhere)
	var sums []string
	for _, source := range []string{p.nixhop, elsewhere} {
		p.run(source, ".ci/release", "release", "1.2.3")
		sum, err := os.ReadFile(filepath.Join(source, "release/SHA256SUMS"))
		if err != nil {
			t.Fatal(err)
		}
		p.run(source+"/release", "sha256sum", "-c", "SHA256SUMS")
		sums = append(sums, string(sum))
	}
	if sums[0] != sums[1] {
		t.Errorf("two builds differ:\n%s%s", sums[0], sums[1])
	}
	const name = "nixhop-1.2.3-linux-amd64"
	want := name + "/" + strings.Join([]string{"", "LICENSE", "LICENSES", "README.md", "completion/", "completion/_nixhop", "completion/nixhop.bash", "completion/nixhop.fish", "nixhop", "nixhop.1"}, "\n"+name+"/")
	if got := p.run(p.nixhop, "tar", "-tzf", "release/"+name+".tar.gz"); got != want {
		t.Errorf("the archive has\n%s\nnot\n%s", got, want)
	}
	licences := p.run(p.nixhop, "tar", "-xzOf", "release/"+name+".tar.gz", name+"/LICENSES")
	for _, want := range []string{"Go\n\nCopyright", "github.com/urfave/cli/v2\n\nMIT", "github.com/russross/blackfriday/v2\n\n", "golang.org/x/term\n\nCopyright"} {
		if !strings.Contains(licences, want) {
			t.Errorf("%q is not among the licences", want)
		}
	}
	page := p.run(p.nixhop, "tar", "-xzOf", "release/"+name+".tar.gz", name+"/nixhop.1")
	if first, _, _ := strings.Cut(page, "\n"); first != `.TH NIXHOP 1 "2023-11-14" "nixhop 1.2.3" "User Commands"` {
		t.Errorf("the manual begins with %q", first)
	}
}

// TestLibraries: the README says what each library is taken for.
func TestLibraries(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	mod, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	_, required, _ := strings.Cut(string(mod), "require (\n")
	required, _, _ = strings.Cut(required, "\n)")
	for line := range strings.Lines(required) {
		if path := strings.Fields(line)[0]; !strings.Contains(string(readme), "| `"+path+"`") {
			t.Errorf("%s has no line in the table of libraries in README.md", path)
		}
	}
}

// TestReadmeLinks: each link of the README into itself, or to a file, leads somewhere.
func TestReadmeLinks(t *testing.T) {
	t.Parallel()
	text := readFile(t, "README.md")
	anchors := map[string]bool{}
	for _, heading := range regexp.MustCompile(`(?m)^#+ (.*)$`).FindAllStringSubmatch(text, -1) {
		anchor := regexp.MustCompile(`[^a-z0-9 _-]`).ReplaceAllString(strings.ToLower(heading[1]), "")
		anchors["#"+strings.ReplaceAll(anchor, " ", "-")] = true
	}
	for _, link := range regexp.MustCompile(`\]\(([^)]*)\)`).FindAllStringSubmatch(text, -1) {
		to := link[1]
		if strings.HasPrefix(to, "https://") || anchors[to] {
			continue
		}
		if _, err := os.Stat(to); err != nil || strings.HasPrefix(to, "#") {
			t.Errorf("README.md has a link to %q, and there is none", to)
		}
	}
}
