package rebuild

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"nixhop/nixexec"
	"nixhop/rebuild/report"
	"nixhop/rebuild/request"
)

func TestReport(t *testing.T) {
	found := []report.Finding{
		{Name: "clock", Severity: report.Note, Host: "web", What: "a note"},
		{Name: "not-trusted", Severity: report.Error, Host: "web", What: "no trust", Why: "so", Remedy: []report.Remedy{report.Again("--build-host", "target")}},
		{Name: "agent", Severity: report.Warning, Host: "web", What: "a warning"},
	}
	denied := append(found[:len(found):len(found)], report.Finding{Name: "login-denied", Severity: report.Error, Host: "web", What: "denied"})
	for _, test := range []struct {
		name   string
		found  []report.Finding
		skip   bool
		errors int // 0: nothing stops the run
		want   string
	}{
		{"nothing", nil, false, 0, ""},
		{"the worst first", found, false, 1, `nixhop: error: web: no trust [not-trusted]
  so
    nixhop switch web=db --build-host target
nixhop: warning: web: a warning [agent]
nixhop: note: web: a note [clock]
`},
		{"let through", found, true, 0, `nixhop: warning: web: no trust [not-trusted]
  so
nixhop: warning: web: a warning [agent]
nixhop: note: web: a note [clock]
`},
		{"one that cannot be let through", denied, true, 1, `nixhop: error: web: denied [login-denied]
nixhop: warning: web: no trust [not-trusted]
  so
nixhop: warning: web: a warning [agent]
nixhop: note: web: a note [clock]
`},
	} {
		words := []string{"switch", "web=db"}
		if test.skip {
			words = append(words, "--no-check")
		}
		r, err := request.Parse(words, func(string) bool { return true })
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "err")
		out, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		defer out.Close()
		err = (&Session{Stdio: nixexec.Stdio{Err: out}}).report(test.found, r)
		var stop *CheckError
		stopped := 0
		if errors.As(err, &stop) {
			for _, f := range stop.Findings {
				if f.Severity == report.Error {
					stopped++
				}
			}
		}
		if stopped != test.errors || (err == nil) != (test.errors == 0) {
			t.Errorf("%s: %v, want %d errors", test.name, err, test.errors)
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != test.want {
			t.Errorf("%s: got\n%swant\n%s%v", test.name, got, test.want, err)
		}
	}
}
