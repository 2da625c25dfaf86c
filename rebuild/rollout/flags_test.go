package rollout

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"nixhop/rebuild/request"
)

func TestOf(t *testing.T) {
	quarter := Limit{Count: 25, Percent: true}
	plain := Rollout{CopyJobs: DefaultCopyJobs, Health: Health{Timeout: time.Minute}}
	with := func(change func(*Rollout)) Rollout { r := plain; change(&r); return r }
	for _, test := range []struct {
		words string
		want  Rollout
		err   string
	}{
		{"", plain, ""},
		{"--canary web --batch 25% --parallel 4 --pause 1m30s", with(func(r *Rollout) {
			r.Order = Order{Canary: "web", Batch: quarter, Parallel: 4, Pause: 90 * time.Second}
		}), ""},
		{"--serial", with(func(r *Rollout) { r.Order = Order{Batch: Limit{Count: 1}, Parallel: 1} }), ""},
		{"--max-failures 25% --on-failure continue", with(func(r *Rollout) { r.Budget = Budget{OnFailure: Continue, Most: &quarter} }), ""},
		{"--skip-offline --force --eval-jobs 3 --copy-jobs 2", with(func(r *Rollout) {
			r.SkipOffline, r.EvalJobs, r.CopyJobs = true, 3, 2
		}), ""},
		{"--health true --health-remote false --health-timeout 5", with(func(r *Rollout) {
			r.Health = Health{Here: "true", There: "false", Timeout: 5 * time.Second}
		}), ""},
		{"--batch 0", Rollout{}, `--batch takes at least one host, or a share of at least 1%, not "0"`},
		{"--batch x", Rollout{}, `--batch takes a number of hosts, or a share of them in percent, not "x"`},
		{"--max-failures -1", Rollout{}, `--max-failures takes a number of hosts, or a share of them in percent, not "-1"`},
		{"--parallel 0", Rollout{}, `--parallel takes a number from 1 up, not "0"`},
		{"--eval-jobs many", Rollout{}, `--eval-jobs takes a number from 1 up, not "many"`},
		{"--pause -3", Rollout{}, `--pause takes a number of seconds from 0 to 86400, not "-3"`},
		{"--serial --parallel 2", Rollout{}, `--serial is one host at a time, and --batch and --parallel say otherwise`},
	} {
		t.Run(test.words, func(t *testing.T) {
			r, err := request.Parse(strings.Fields("switch a b "+test.words), func(string) bool { return true })
			if err != nil {
				t.Fatal(err)
			}
			got, err := Of(r, nil)
			if test.err != "" {
				if err == nil || !strings.HasPrefix(err.Error(), test.err+"\n") {
					t.Errorf("got %v", err)
				}
				return
			}
			if one, other := fmt.Sprintf("%+v %v", got, got.Budget.Most != nil), fmt.Sprintf("%+v %v", test.want, test.want.Budget.Most != nil); err != nil ||
				got.Budget.Most == nil && one != other || got.Budget.Most != nil && *got.Budget.Most != *test.want.Budget.Most {
				t.Errorf("got %s, %v; want %s", one, err, other)
			}
		})
	}
}
