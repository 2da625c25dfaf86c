package connection

import (
	"math/rand"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"nixhop/nixexec"
	"nixhop/nixexec/ssh"
	"nixhop/sshcfg"
)

// meant is what ssh makes of a command line; false: it refuses it.
func meant(words ...string) (string, bool) {
	cmd := exec.Command("ssh", append([]string{"-G"}, words...)...)
	out, err := cmd.Output()
	return string(out), err == nil
}

// sameToSSH wants that what ssh makes of the options of NIX_SSHOPTS is what it makes of the same words.
func sameToSSH(t *testing.T, config string, options []string) {
	t.Helper()
	want, taken := meant(slices.Concat([]string{"-F", config}, options, []string{"--", "web"})...)
	quoted := make([]string, len(options))
	for i, word := range options {
		quoted[i] = nixexec.Quote(word)
	}
	n, err := New(t.Context(), Options{Config: config, SSHOpts: strings.Join(quoted, " ")}, []sshcfg.Host{{Name: "web"}})
	if err != nil {
		if taken {
			t.Errorf("%q: %v", options, err)
		}
		return
	}
	defer n.Close()
	got, took := meant(slices.Concat([]string{"-F", n.config}, n.words, []string{"--", "web"})...)
	if taken && (!took || got != want) {
		t.Errorf("%q: taken: %v, by %q; different:\n%s", options, took, n.words, differences(got, want))
	}
	if _, err := ssh.OptionsEnv(n.words); err != nil {
		t.Errorf("%q: %v", options, err)
	}
}

// differences are the lines that only one of two texts has.
func differences(got, want string) string {
	var b strings.Builder
	for line := range strings.Lines(got) {
		if !strings.Contains(want, line) {
			b.WriteString("got  " + line)
		}
	}
	for line := range strings.Lines(want) {
		if !strings.Contains(got, line) {
			b.WriteString("want " + line)
		}
	}
	return b.String()
}

// sshConfigFor is a user's config, and a key in a directory with a space in its name.
func sshConfigFor(t *testing.T) (config, key string) {
	t.Helper()
	if _, err := exec.LookPath("ssh"); err != nil {
		t.Skip("ssh is not installed")
	}
	dir := t.TempDir()
	config, key = filepath.Join(dir, "config"), filepath.Join(dir, `my "key" \ 1`)
	for path, text := range map[string]string{config: "Host web\n  Port 2222\n  User conf\n  ProxyCommand none\n", key: ""} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return config, key
}

// NIX_SSHOPTS is read as ssh reads its words: 'KEYWORD value with=' was cut at that =, and -i '/my key' refused (issue
// 9, number 23).
func TestSSHOptsAsSSH(t *testing.T) {
	config, key := sshConfigFor(t)
	for _, options := range [][]string{
		{"-o", "ProxyCommand ssh -o BatchMode=yes gate -W %h:%p"},
		{"-oProxyCommand ssh -o BatchMode=yes gate -W %h:%p"},
		{"-o", "ProxyCommand=ssh -o BatchMode=yes gate -W %h:%p"},
		{"-o", "SetEnv FOO=bar"},
		{"-o", "SetEnv FOO=bar BAZ=q"},
		{"-o", `SetEnv="FOO=b ar"`},
		{"-o", " Port = 33"},
		{"-o", "=Port 33"},
		{"-o", `"Port" 33`},
		{"-i", key},
		{"-i" + key, "-p33"},
		{"-o", "Port 1", "-p", "2", "-l", "ann"},
		{"-p", "2", "-o", "Port 1"},
		{"-l", "ann", "-o", "User bob x"},
		{"-o", "User bob", "-l", "ann", "-o", "IdentityFile ~/.ssh/a b"},
		{"-4Ap", "22", "-o", "LogLevel ERROR"},
		{"-o", "AddressFamily inet6", "-4"},
		{"-J", "gate,[fe80::1%eth0]:22"},
		{"-o", "SendEnv LC_*", "-o", "SendEnv=A*"},
		{"-o", "SetEnv A=1", "-o", "SetEnv=B=2"},
		{"-o", ""},
		{"-o", "# nothing", "-p", "2"},
		{"-o", "UserKnownHostsFile /a /b", "-o", "UserKnownHostsFile=/c"},
		{"-o", "ServerAliveInterval\t7"},
		{"-c", "aes128-ctr", "-o", "Ciphers aes256-ctr"},
		{"-o", "Include /etc/ssh x"},
		{"-o", "Host a b"},
	} {
		sameToSSH(t, config, options)
	}
	if _, err := New(t.Context(), Options{Config: config, SSHOpts: "-o 'ProxyCommand a\nb'"}, nil); err == nil {
		t.Error("a line break in an option is taken")
	}
}

// hardOptions are what a random NIX_SSHOPTS is made of.
func hardOptions(key string) [][]string {
	return [][]string{
		{"-p", "33"}, {"-o", "Port 34"}, {"-oPort=35"}, {"-l", "ann"}, {"-o", "User=bob"}, {"-o", "User  carl"}, {"-i", key}, {"-i", "/plain"},
		{"-o", "IdentityFile ~/k"}, {"-4"}, {"-A"}, {"-C"}, {"-o", "SetEnv A=b"}, {"-o", "SetEnv=C=d"}, {"-o", "SendEnv X*"}, {"-oLogLevel ERROR"},
		{"-o", "ProxyCommand nc -x=1 %h %p"}, {"-o", "ProxyCommand=none"}, {"-o", "Compression = yes"}, {"-o", `UserKnownHostsFile "/a b" /c`},
		{"-o", "Tag  x y"}, {"-m", "hmac-sha2-256"}, {"-o", "MACs hmac-sha2-512"}, {"-o", "StrictHostKeyChecking\tno"}, {"-b", "127.0.0.1"},
	}
}

func TestSSHOptsAsSSHAtRandom(t *testing.T) {
	config, key := sshConfigFor(t)
	all := hardOptions(key)
	random := rand.New(rand.NewSource(23))
	for range 150 {
		var options []string
		for range 1 + random.Intn(5) {
			options = append(options, all[random.Intn(len(all))]...)
		}
		sameToSSH(t, config, options)
	}
}

func FuzzSSHOptsAsSSH(f *testing.F) {
	for _, value := range []string{"ProxyCommand a b=c", "SetEnv A=b", `"Port" 3`, "=Port 3", "IdentityFile 'a b'", "Port 1 #x", `User a\ b`} {
		f.Add(value, "/key", uint8(0))
	}
	f.Fuzz(func(t *testing.T, value, key string, order uint8) {
		keyword := strings.ToLower(value)
		for _, ours := range []string{"control", "requesttty", "fork", "sessiontype", "stdinnull", "remotecommand", "clearall", "\n", "\x00"} {
			if strings.Contains(keyword, ours) || strings.Contains(key, "\x00") {
				t.Skip("it is not ssh that decides")
			}
		}
		config, path := sshConfigFor(t)
		options := []string{"-o", value, "-p", "7", "-l", "ann"}
		if key == "" {
			options = append(options, "-i", path)
		}
		if order%2 == 1 {
			options = slices.Concat(options[2:], options[:2])
		}
		sameToSSH(t, config, options)
	})
}
