package remote

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"nixhop/rebuild/inventory"
	"nixhop/rebuild/rollout"
)

// The checks of a node: by HTTP with its headers, and by a command, each until it is well or the time is over.
func TestProveChecks(t *testing.T) {
	var asked atomic.Int32
	serve := func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/slow":
			<-r.Context().Done()
		case r.Host != "site.example" || r.Header.Get("X-Word") != "said":
			w.WriteHeader(http.StatusForbidden)
		case asked.Add(1) < 3:
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}
	plain, tls := httptest.NewServer(http.HandlerFunc(serve)), httptest.NewTLSServer(http.HandlerFunc(serve))
	defer plain.Close()
	defer tls.Close()
	at := func(address, path string, headers map[string]string) inventory.HTTPRequest {
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		port, _ := strconv.Atoi(u.Port())
		return inventory.HTTPRequest{Scheme: u.Scheme, Host: u.Hostname(), Port: port, Path: path, Headers: headers}
	}
	said := map[string]string{"Host": "site.example", "X-Word": "said"}
	insecure := at(tls.URL, "/", said)
	insecure.Insecure = true
	for want, check := range map[string]inventory.HealthCheck{
		"":                              {Request: at(plain.URL, "/", said)},
		" ":                             {Request: insecure},
		"  ":                            {Command: "exit 0"},
		"was answered by 403 Forbidden": {Request: at(plain.URL, "/", nil)},
		"failed to verify certificate":  {Request: at(tls.URL, "/", said)},
		"did not end in 10ms":           {Request: at(plain.URL, "/slow", said), Timeout: 10 * time.Millisecond},
		"did not end in time":           {Request: at(plain.URL, "/slow", said)},
		"did not end in 20ms":           {Command: "sleep 60", Timeout: 20 * time.Millisecond},
		`"web" ended with 7: no`:        {Command: "echo no >&2; exit 7"},
		"connect: connection refused":   {Request: inventory.HTTPRequest{Scheme: "http", Host: "127.0.0.1", Port: 1, Path: "/"}},
		`parse "http://a b:1/": invalid character`: {Request: inventory.HTTPRequest{Scheme: "http", Host: "a b", Port: 1, Path: "/"}},
	} {
		asked.Store(0)
		check.Name, check.Period = "web", 5*time.Millisecond
		patience := time.Minute
		if strings.TrimSpace(want) != "" {
			patience = 300 * time.Millisecond
		}
		h := rollout.Health{Timeout: patience, Checks: map[string][]inventory.HealthCheck{"web": {check}, "other": {{Command: "exit 1"}}}}
		err := Prove(context.Background(), h, nil, "web", "")
		var unhealthy *OutcomeError
		well := strings.TrimSpace(want) == ""
		if well != (err == nil) || !well && (!errors.As(err, &unhealthy) || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v", want, err)
		}
	}
}
