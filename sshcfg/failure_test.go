package sshcfg

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// The logs in testdata/ssh_log are what OpenSSH 9.2 wrote, with the paths replaced.
func TestDiagnoseLogs(t *testing.T) {
	const (
		shown = "SHA256:G5U3UvBTY7X3KKHE1+e1p80p0ciaVEukyq46k5utuJE"
		ssh   = "/home/ann/.ssh/"
	)
	key := HostKey{"ssh-ed25519", shown}
	k1 := OfferedKey{Path: ssh + "k1", Type: "ED25519", Fingerprint: "SHA256:ee/3o3I49P4XIgP/iiJfAYKlq1CtDNxqz/VyeRyGWKg"}
	k2 := OfferedKey{Path: ssh + "k2", Type: "ED25519", Fingerprint: "SHA256:wV66bRXubECz/iTk0NTnT/xMeWlgZr6koOKu2SX8p5k"}
	k2agent := k2
	k2agent.Agent = true
	k3 := OfferedKey{Path: "ann@laptop", Type: "RSA", Fingerprint: "SHA256:8o/t4LihlDu2CN8x0qbAtVoicRORWo9uY5AOqYrR1vs", Agent: true}
	if _, err := os.Stat("../testdata/ssh_log"); err != nil {
		t.Fatal(err)
	}
	here := func(f Failure) Failure { // the target of most logs
		f.Host, f.Port, f.User, f.KeyName, f.Key = "127.0.0.1", 42801, "root", "[127.0.0.1]:42801", key
		return f
	}
	denied := func(f Failure) Failure {
		f = here(f)
		f.Kind, f.Text, f.Methods = Denied, "root@127.0.0.1: Permission denied (publickey).", []string{"publickey"}
		return f
	}
	changed := func(file, name string) Failure {
		f := here(Failure{Kind: HostKeyChanged, Text: "WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!", File: file, Line: 1})
		f.KeyName, f.Remove = name, []string{"ssh-keygen", "-f", file, "-R", name}
		return f
	}
	tooMany := here(Failure{
		Kind: TooManyFailures, Text: "Received disconnect from 127.0.0.1 port 42802:2: Too many authentication failures",
		Methods: []string{"publickey"}, Offered: []OfferedKey{k2agent}, Agent: Agent{Answered: true, Keys: 2},
	})
	tooMany.Port, tooMany.KeyName, tooMany.Key.Fingerprint = 42802, "[127.0.0.1]:42802", "SHA256:pcNQx3yE51g0f5uuH4guGhBC8wK+MAzsOY0WdzjPV1A"
	inner := denied(Failure{Jump: "jok", Offered: []OfferedKey{k1, k2}})
	tests := map[string]Failure{
		"unknown-batch":          here(Failure{Kind: HostKeyUnknown, Text: "Host key verification failed."}),
		"unknown-strict":         here(Failure{Kind: HostKeyUnknown, Text: "No ED25519 host key is known for [127.0.0.1]:42801 and you have requested strict checking."}),
		"changed-hashed":         changed(ssh+"khh", "[127.0.0.1]:42801"),
		"changed-alias":          changed(ssh+"khf", "foo"),
		"changed-type":           changed(ssh+"kht", "[127.0.0.1]:42801"),
		"denied":                 denied(Failure{Offered: []OfferedKey{k1, k2}}),
		"denied-agent":           denied(Failure{Offered: []OfferedKey{k2agent, k3, k1}, Agent: Agent{Answered: true, Keys: 2}}),
		"denied-agent-empty":     denied(Failure{Offered: []OfferedKey{k1, k2}, Agent: Agent{Answered: true}}),
		"denied-agent-gone":      denied(Failure{Offered: []OfferedKey{k1, k2}, Agent: Agent{Text: "No such file or directory"}}),
		"too-many":               tooMany,
		"refused":                {Kind: Refused, Text: "ssh: connect to host 127.0.0.1 port 1: Connection refused", Host: "127.0.0.1", Port: 1},
		"unresolved":             {Kind: Unresolved, Text: "ssh: Could not resolve hostname nosuch.invalid: Name or service not known", Host: "nosuch.invalid"},
		"unreachable-timeout":    {Kind: TimedOut, Text: "ssh: connect to host 2001:db8::1 port 22: Connection timed out", Host: "2001:db8::1", Port: 22},
		"banner-timeout":         {Kind: TimedOut, Text: "Connection timed out during banner exchange", Host: "127.0.0.1", Port: 42812},
		"kex-closed":             {Kind: Kex, Text: "kex_exchange_identification: Connection closed by remote host", Host: "127.0.0.1", Port: 42811},
		"http":                   {Kind: Kex, Text: "kex_exchange_identification: Connection closed by remote host: HTTP/1.1 400 Bad Request", Host: "127.0.0.1", Port: 42813},
		"bad-config":             {Kind: BadConfig, Text: "Bad configuration option: foo", File: "bad", Line: 2},
		"bad-option":             {Kind: BadConfig, Text: "Bad configuration option: foo", File: "command-line"},
		"jump-refused":           {Kind: JumpFailed, Cause: Refused, Text: "ssh: connect to host 127.0.0.1 port 1: Connection refused", Jump: "jdown", Host: "127.0.0.1", Port: 1},
		"jump-denied":            {Kind: JumpFailed, Cause: Denied, Text: "root@127.0.0.1: Permission denied (publickey).", Jump: "jdenied", User: "root", Methods: []string{"publickey"}},
		"jump-unresolved":        {Kind: JumpFailed, Cause: Unresolved, Text: "ssh: Could not resolve hostname nosuch.invalid: Name or service not known", Jump: "root@junres:23", Host: "nosuch.invalid"},
		"jump-two":               {Kind: JumpFailed, Cause: Denied, Text: "root@127.0.0.1: Permission denied (publickey).", Jump: "jdenied,jdown", User: "root", Methods: []string{"publickey"}},
		"jump-beyond-refused":    {Kind: Refused, Text: "connect failed: Connection refused", Jump: "jok", Host: "127.0.0.1", Port: 1},
		"jump-beyond-unresolved": {Kind: Unresolved, Text: "connect failed: Name or service not known", Jump: "jok", Host: "nosuch.invalid", Port: 22},
		"jump-inner-denied":      inner,
		"proxy-failed":           {Kind: JumpFailed, Cause: UnknownFailure, Text: "oops", Proxy: "sh -c 'echo oops >&2; exit 1'"},
	}
	logs, err := filepath.Glob("../testdata/ssh_log/*.log")
	if err != nil || len(logs) != len(tests) {
		t.Errorf("%d logs for %d tests (%v)", len(logs), len(tests), err)
	}
	for _, path := range logs {
		name := strings.TrimSuffix(filepath.Base(path), ".log")
		log, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := Diagnose(string(log)), tests[name]; !reflect.DeepEqual(got, want) {
			t.Errorf("%s:\ngot  %+v\nwant %+v", name, got, want)
		}
	}
}

// Wordings of other versions and systems, and lines that are not what they look like.
func TestDiagnoseWordings(t *testing.T) {
	const accepted = "debug1: SSH2_MSG_NEWKEYS received\n"
	tests := []struct {
		name, log string
		want      Failure
	}{
		{"empty", "", Failure{Kind: UnknownFailure}},
		{"unknown", "something\nelse\n\n", Failure{Kind: UnknownFailure, Text: "else"}},
		{"macOS resolver", "ssh: Could not resolve hostname web: nodename nor servname provided, or not known\r\n",
			Failure{Kind: Unresolved, Text: "ssh: Could not resolve hostname web: nodename nor servname provided, or not known", Host: "web"}},
		{"resolver down", "ssh: Could not resolve hostname fe80::1%x: Temporary failure in name resolution",
			Failure{Kind: Unresolved, Text: "ssh: Could not resolve hostname fe80::1%x: Temporary failure in name resolution", Host: "fe80::1%x"}},
		{"name that ssh refuses", "hostname contains invalid characters\n", Failure{Kind: Unresolved, Text: "hostname contains invalid characters"}},
		{"macOS timeout", "ssh: connect to host 10.0.0.1 port 22: Operation timed out",
			Failure{Kind: TimedOut, Text: "ssh: connect to host 10.0.0.1 port 22: Operation timed out", Host: "10.0.0.1", Port: 22}},
		{"no route", "ssh: connect to host 10.0.0.1 port 22: No route to host",
			Failure{Kind: Unreachable, Text: "ssh: connect to host 10.0.0.1 port 22: No route to host", Host: "10.0.0.1", Port: 22}},
		{"no network", "ssh: connect to host 10.0.0.1 port 22: Network is unreachable",
			Failure{Kind: Unreachable, Text: "ssh: connect to host 10.0.0.1 port 22: Network is unreachable", Host: "10.0.0.1", Port: 22}},
		{"port out of range of int", "ssh: connect to host h port 99999999999999999999: Connection refused",
			Failure{Kind: Refused, Text: "ssh: connect to host h port 99999999999999999999: Connection refused", Host: "h"}},
		{"old kex", "ssh_exchange_identification: Connection closed by remote host",
			Failure{Kind: Kex, Text: "ssh_exchange_identification: Connection closed by remote host"}},
		{"reset", "kex_exchange_identification: read: Connection reset by peer\r\nConnection reset by 10.0.0.1 port 22\r\n",
			Failure{Kind: Kex, Text: "kex_exchange_identification: read: Connection reset by peer"}},
		{"penalty of OpenSSH 9.8", "debug1: kex_exchange_identification: banner line 0: Not allowed at this time\nkex_exchange_identification: Connection closed by remote host\n",
			Failure{Kind: Kex, Text: "kex_exchange_identification: Connection closed by remote host: Not allowed at this time"}},
		{"no common algorithm", "Unable to negotiate with 10.0.0.1 port 22: no matching host key type found. Their offer: ssh-rsa",
			Failure{Kind: Kex, Text: "Unable to negotiate with 10.0.0.1 port 22: no matching host key type found. Their offer: ssh-rsa"}},
		{"old denial", "Permission denied (publickey,password).",
			Failure{Kind: Denied, Text: "Permission denied (publickey,password).", Methods: []string{"publickey", "password"}}},
		{"user with an at sign", "ann@corp@web: Permission denied (publickey).",
			Failure{Kind: Denied, Text: "ann@corp@web: Permission denied (publickey).", User: "ann@corp", Methods: []string{"publickey"}}},
		{"old order of an offer, and one that the host would take", accepted +
			"debug1: Offering public key: RSA SHA256:abc /home/ann/.ssh/id_rsa\ndebug1: Server accepts key: pkalg rsa-sha2-512 blen 279 SHA256:abc\n" +
			"sign_and_send_pubkey: signing failed for RSA \"/home/ann/.ssh/id_rsa\" from agent: agent refused operation\nann@web: Permission denied (publickey).\n",
			Failure{Kind: Denied, Text: "ann@web: Permission denied (publickey).", User: "ann", Methods: []string{"publickey"},
				Offered:  []OfferedKey{{Path: "/home/ann/.ssh/id_rsa", Type: "RSA", Fingerprint: "SHA256:abc", Accepted: true}},
				Problems: []string{`sign_and_send_pubkey: signing failed for RSA "/home/ann/.ssh/id_rsa" from agent: agent refused operation`}}},
		{"key path with a space, key that others can read", "debug1: Offering public key: /home/ann/my keys/id ED25519 SHA256:abc explicit\n" +
			"Permissions 0644 for '/home/ann/my keys/id' are too open.\nann@web: Permission denied (publickey).\n",
			Failure{Kind: Denied, Text: "ann@web: Permission denied (publickey).", User: "ann", Methods: []string{"publickey"},
				Offered:  []OfferedKey{{Path: "/home/ann/my keys/id", Type: "ED25519", Fingerprint: "SHA256:abc"}},
				Problems: []string{"Permissions 0644 for '/home/ann/my keys/id' are too open."}}},
		{"old changed key, without debug lines", "@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @\r\nThe fingerprint for the RSA key sent by the remote host is\n" +
			"SHA256:uNiVztksCsDhcc0u9e8BrwAbcdefgh.\nOffending RSA key in /home/ann/a b/known_hosts:12\r\nRSA host key for web has changed and you have requested strict checking.\r\nHost key verification failed.\r\n",
			Failure{Kind: HostKeyChanged, Text: "WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!", KeyName: "web", Key: HostKey{"RSA", "SHA256:uNiVztksCsDhcc0u9e8BrwAbcdefgh"},
				File: "/home/ann/a b/known_hosts", Line: 12, Remove: []string{"ssh-keygen", "-f", "/home/ann/a b/known_hosts", "-R", "web"}}},
		{"revoked key", "@       WARNING: REVOKED HOST KEY DETECTED!               @\nThe ED25519 host key for web is marked as revoked.\nED25519 host key for web was revoked and you have requested strict checking.\nHost key verification failed.\n",
			Failure{Kind: HostKeyRevoked, Text: "WARNING: REVOKED HOST KEY DETECTED!", KeyName: "web"}},
		{"banner that feigns a changed key", accepted + "WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!\nOffending RSA key in /etc/passwd:1\nHost key for x has changed and you have requested\nroot@web: Permission denied (publickey).\n",
			Failure{Kind: Denied, Text: "root@web: Permission denied (publickey).", User: "root", Methods: []string{"publickey"}}},
		{"control characters", "ssh: Could not resolve hostname a\x1b[31mb\u202e\xff: x\x07\n", Failure{Kind: Unresolved, Text: "ssh: Could not resolve hostname a[31mb: x", Host: "a[31mb"}},
		{"owner", "Bad owner or permissions on /home/ann/.ssh/config\r\n", Failure{Kind: BadConfig, Text: "Bad owner or permissions", File: "/home/ann/.ssh/config"}},
		{"missing config", "Can't open user config file /x y: No such file or directory\r\n", Failure{Kind: BadConfig, Text: "No such file or directory", File: "/x y"}},
		{"option without a colon", "/home/a b/config line 3: no argument after keyword \"bar\"\r\n/home/a b/config: terminating, 1 bad configuration options\r\n",
			Failure{Kind: BadConfig, Text: `no argument after keyword "bar"`, File: "/home/a b/config", Line: 3}},
		{"option that ssh only ignores", "/etc/ssh/ssh_config line 5: Unsupported option \"gssapiauthentication\"\nssh: connect to host web port 22: Connection refused\n",
			Failure{Kind: Refused, Text: "ssh: connect to host web port 22: Connection refused", Host: "web", Port: 22}},
		{"banner that looks like a config error", "Hotline line 24: call us\nroot@web: Permission denied (publickey).\n",
			Failure{Kind: Denied, Text: "root@web: Permission denied (publickey).", User: "root", Methods: []string{"publickey"}}},
		{"jump forbids", "debug1: Setting implicit ProxyCommand from ProxyJump: ssh -v -W '[%h]:%p' j\ndebug1: Executing proxy command: exec ssh -v -W '[web]:22' j\n" +
			"channel 0: open failed: administratively prohibited: open failed\nstdio forwarding failed\nkex_exchange_identification: Connection closed by remote host\n",
			Failure{Kind: JumpFailed, Text: "administratively prohibited: open failed", Jump: "j", Host: "web", Port: 22}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := Diagnose(test.log); !reflect.DeepEqual(got, test.want) {
				t.Errorf("\ngot  %+v\nwant %+v", got, test.want)
			}
		})
	}
}

// What sshd 9.2 and newer ones tell of the key that has let a login in.
func TestForcedCommand(t *testing.T) {
	for log, want := range map[string]string{
		"debug1: Remote: /root/.ssh/authorized_keys:1: key options: command\n":                                      "/root/.ssh/authorized_keys:1",
		"debug1: x\r\ndebug1: Remote: /etc/ssh/keys/web:12: key options: agent-forwarding command pty user-rc\r\n":  "/etc/ssh/keys/web:12",
		"debug1: Remote: /root/.ssh/authorized_keys:1: key options: agent-forwarding port-forwarding pty user-rc\n": "",
		"debug1: Remote: /root/command:1: key options: commands\ndebug1: Sending command: true\n":                   "",
	} {
		if got := ForcedCommand(log); got != want {
			t.Errorf("%q: got %q, want %q", log, got, want)
		}
	}
}
