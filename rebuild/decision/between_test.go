package decision

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"nixhop/nixexec"
	"nixhop/rebuild/facts"
	"nixhop/rebuild/report"
	"nixhop/sshcfg"
)

func TestBetween(t *testing.T) {
	const what = `it does not reach "web" by itself: what it builds is copied through this machine`
	ways := []sshcfg.Host{{Name: "web"}, {User: "root", Name: "192.0.2.7", Port: 22}}
	for _, tt := range []struct {
		name string
		out  string
		err  error
		way  int // -1: none
		why  string
	}{
		{"the first way", "way=0\n", nil, 0, ""},
		{"the second way", "way=1\n", nil, 1, ""},
		{"a way that was not offered", "way=2\n", nil, -1, `asked for "web" there, 2`},
		{"a negative one", "way=-1\n", nil, -1, `asked for "web" there, -1`},
		{"a word", "way=on\n", nil, -1, `asked for "web" there, on`},
		{"denied, in red", "said=ssh says: \x1b[31mweb: Permission denied (publickey).\r\n", nil, -1,
			`asked for "web" there, ssh says: web: Permission denied (publickey).`},
		{"no end of it", "said=" + strings.Repeat("x", 1<<20), nil, -1,
			`asked for "web" there, ` + strings.Repeat("x", facts.ShownBytes)},
		{"nothing", "", nil, -1, `asked for "web" there, `},
		{"no ssh", "", &nixexec.ExitError{Program: "ssh", Code: 127}, -1, "there is no ssh on the build host"},
		{"too slow", "", fmt.Errorf("stopping: %w", context.DeadlineExceeded), -1, "the build host gave no answer in time"},
		{"something else", "way=0\n", errors.New("no pipe\nat all"), -1, "the build host could not be asked: no pipe"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			way, found := Between("big", "web", ways, tt.out, tt.err)
			var want []report.Finding
			if tt.way < 0 {
				want = []report.Finding{{Name: "build-host", Severity: report.Note, Host: "big", What: what, Why: tt.why}}
			}
			if (way == nil) != (tt.way < 0) || way != nil && *way != ways[tt.way] {
				t.Errorf("got the way %+v", way)
			}
			if !reflect.DeepEqual(found, want) {
				t.Errorf("got\n%+v\nwant\n%+v", found, want)
			}
		})
	}
}

func TestWaysBetween(t *testing.T) {
	e := sshcfg.Endpoint{User: "root", HostName: "192.0.2.7", Port: 22}
	jump, proxy, six, nowhere := e, e, e, e
	jump.ProxyJump, proxy.ProxyCommand, six.HostName, nowhere.HostName = "bastion", "cloudflared", "2001:db8::7", ""
	for _, c := range []struct {
		word string
		e    sshcfg.Endpoint
		want string
	}{
		{"web", e, "web:0 root@192.0.2.7:22"},
		{"deploy@web", e, "deploy@web:0 root@192.0.2.7:22"},
		{"ssh://web:222", e, "web:222 root@192.0.2.7:22"},
		{"root@192.0.2.7", e, "root@192.0.2.7:0"},
		{"192.0.2.7", e, "192.0.2.7:0 root@192.0.2.7:22"},
		{"web", jump, "web:0"},
		{"web", proxy, "web:0"},
		{"web", six, "web:0"},
		{"web", nowhere, "web:0"},
	} {
		var got []string
		target, err := sshcfg.ParseHost(c.word)
		if err != nil {
			t.Fatal(err)
		}
		for _, way := range WaysBetween(target, c.e) {
			got = append(got, fmt.Sprintf("%s:%d", way, way.Port))
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: got %q, want %q", c.word, got, c.want)
		}
	}
}
