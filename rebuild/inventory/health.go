package inventory

import (
	"net"
	"strconv"
	"strings"
	"time"

	"nixhop/nixexec"
)

// HealthCheck is one way in which a node is asked whether it does what it is for.
type HealthCheck struct {
	Name    string // of the check, for people
	Command string // for a shell on the node; empty: it is asked by HTTP
	Request HTTPRequest
	Period  time.Duration // between two tries
	Timeout time.Duration // of one try; 0: none
}

// HTTPRequest is a GET that is sent from here, and is to be answered by a status of 200 to 299.
type HTTPRequest struct {
	Scheme, Host string // an empty Host is the node itself
	Port         int
	Path         string
	Headers      map[string]string // the one that is called Host names the site
	Insecure     bool              // the certificate is not looked at
}

// URL is what is asked for, of a node at an address.
func (r HTTPRequest) URL(address string) string {
	host := r.Host
	if host == "" {
		host = address
	}
	return r.Scheme + "://" + net.JoinHostPort(strings.Trim(host, "[]"), strconv.Itoa(r.Port)) + r.Path
}

// toldCommand and toldRequest are checks as network.nix describes them. A command stands in words, as ssh is given
// them: it puts spaces between them, and a shell on the host reads the line.
type (
	toldCommand struct {
		Description     string
		Cmd             []string
		Period, Timeout int
	}
	toldRequest struct {
		Description     string
		Host            *string
		Scheme, Path    string
		Port            int
		Headers         map[string]string
		Period, Timeout int
		InsecureSSL     bool
	}
)

func (c toldCommand) check() HealthCheck {
	return HealthCheck{
		Name: nixexec.Printable(c.Description), Command: strings.Join(c.Cmd, " "), Period: seconds(&c.Period), Timeout: seconds(&c.Timeout),
	}
}

func (c toldRequest) check() HealthCheck {
	return HealthCheck{
		Name: nixexec.Printable(c.Description), Period: seconds(&c.Period), Timeout: seconds(&c.Timeout),
		Request: HTTPRequest{Scheme: c.Scheme, Host: text(c.Host), Port: c.Port, Path: c.Path, Headers: c.Headers, Insecure: c.InsecureSSL},
	}
}
