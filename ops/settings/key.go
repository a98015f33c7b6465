package settings

import (
	"net"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/bulkhead-console/bulkhead/ops/document"
)

// Key is one way in which this console has something signed: a keystore file, a ladder
// that was signed beforehand, or a remote signer. Password is the reference to what
// opens the file; none means that it is typed when arming.
type Key struct {
	Name      string
	Keystore  string
	Presigned string
	Password  string

	Remote  string // its address, which may hold a password
	Address common.Address
	Method  string        // empty for eth_signTransaction
	Timeout time.Duration // for one answer; 0 for ten seconds
}

// Key finds a key by its name.
func (s Settings) Key(name string) (Key, bool) {
	i := slices.IndexFunc(s.Keys, func(k Key) bool { return k.Name == name })
	if i < 0 {
		return Key{}, false
	}
	return s.Keys[i], true
}

type keyFile struct {
	Name      string        `yaml:"name" need:"name: guardian"`
	Keystore  document.Text `yaml:"keystore"`
	Presigned document.Text `yaml:"presigned"`
	Password  document.Text `yaml:"password"`
	Remote    document.Text `yaml:"remote"`
	Address   document.Text `yaml:"address"`
	Method    document.Text `yaml:"method"`
	Timeout   time.Duration `yaml:"timeout"`
	At        document.Text
	Keys      document.Places
}

// methods are those that a remote signer can be asked with.
var methods = []string{"eth_signTransaction", "account_signTransaction"}

// longestTimeout bounds how long a remote signer is waited for: a person confirms
// there, perhaps, and a lane that hangs holds up the next.
const longestTimeout = 2 * time.Minute

func (c *checker) key(k keyFile) Key {
	out := Key{Name: k.Name, Keystore: c.path(k.Keystore.Value), Presigned: c.path(k.Presigned.Value), Password: c.secret(k.Password.Value), Method: k.Method.Value, Timeout: k.Timeout}
	ways := 0
	for _, way := range []document.Text{k.Keystore, k.Presigned, k.Remote} {
		if way.Value != "" {
			ways++
		}
	}
	if ways != 1 {
		c.fault(k.At, "keystore: guardian.json, or remote: https://…, or presigned: ladder.json", "key %s needs one of keystore, remote and presigned", k.Name)
	}
	if k.Password.Value != "" && !reference(k.Password.Value) {
		c.fault(k.Password, "password: file:/path/to/password (mode 0600) or env:NAME", "key %s: its password stands in the settings: secrets are references", k.Name)
	}
	if k.Remote.Value == "" {
		for name, given := range map[string]bool{"address": k.Address.Value != "", "method": k.Method.Value != "", "timeout": k.Timeout != 0} {
			if given {
				c.fault(k.Keys[name], "leave it out", "key %s: %s belongs to a remote signer", k.Name, name)
			}
		}
		return out
	}
	c.remote(k, &out)
	return out
}

func (c *checker) remote(k keyFile, out *Key) {
	out.Remote = c.address(k.Remote, "https://", "http://")
	if u, err := url.Parse(out.Remote); out.Remote != "" && (err != nil || u.Host == "") {
		c.fault(k.Remote, "https://host:port", "key %s: this is no address of a signer", k.Name)
	} else if out.Remote != "" && u.Scheme == "http" && !local(u.Hostname()) {
		c.fault(k.Remote, "https://…; http:// is for this machine alone", "key %s: what is to be signed would travel in the clear", k.Name)
	}
	if k.Password.Value != "" {
		c.fault(k.Password, "leave it out", "key %s: a remote signer takes no password", k.Name)
	}
	a, err := document.ParseAddress(k.Address.Value)
	if err != nil {
		at := k.Address
		if at.Line == 0 {
			at = k.At
		}
		c.fault(at, "address: the account that the signer signs for, as a quoted address", "key %s: %s", k.Name, err)
	}
	out.Address = a
	if k.Method.Value != "" && !slices.Contains(methods, k.Method.Value) {
		c.fault(k.Method, strings.Join(methods, " or "), "key %s: the method %q is not known", k.Name, k.Method.Value)
	}
	if k.Timeout < 0 || k.Timeout > longestTimeout {
		c.fault(k.Keys["timeout"], "as in timeout: 10s", "key %s: a signer is not waited for %s long: at most %s", k.Name, k.Timeout, longestTimeout)
	}
}

// local reports whether a host is this machine.
func local(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
