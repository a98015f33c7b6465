package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/chain"
	"github.com/bulkhead-console/bulkhead/ops/engine"
	"github.com/bulkhead-console/bulkhead/ops/journal"
	"github.com/bulkhead-console/bulkhead/ops/settings"
	"github.com/bulkhead-console/bulkhead/ops/sign"
	"github.com/bulkhead-console/bulkhead/ui/safe"
)

// loaded is a configuration that was checked as a whole.
type loaded struct {
	settings settings.Settings
	chains   []watched
}

// watched is one chain: what must hold on it, and how it is reached.
type watched struct {
	settings.Chain
	rules *engine.Rules
}

// configFlag adds -c to a command.
func configFlag(c *cobra.Command) *string {
	return c.Flags().StringP("config", "c", "config.yaml", "the settings of this console")
}

// load reads settings and pack and says every fault of both at once. With one
// that stops it ends with exit 3 and nothing is started.
func load(path string, talk io.Writer) (loaded, error) {
	s, faults := settings.Load(path)
	var rules []*engine.Rules
	if s.Pack != "" {
		var found ops.Faults
		rules, found = engine.LoadRules(os.DirFS(s.Pack))
		faults = append(faults, found...)
	}
	var chains []watched
	if len(rules) > 0 && len(s.Chains) > 0 {
		var found ops.Faults
		chains, found = match(path, s, rules)
		faults = append(faults, found...)
	}
	if err := say(talk, faults); err != nil {
		return loaded{}, err
	}
	return loaded{settings: s, chains: chains}, nil
}

// match brings the chains of the policy and those of the settings together.
func match(path string, s settings.Settings, rules []*engine.Rules) ([]watched, ops.Faults) {
	var chains []watched
	var faults ops.Faults
	if len(rules) == 1 && len(s.Chains) == 1 && s.Chains[0].Name != rules[0].Chain {
		return nil, ops.Faults{{File: path, Message: fmt.Sprintf("the settings name the chain %q, the policy %q", s.Chains[0].Name, rules[0].Chain), Hint: "call it as the policy does"}}
	}
	for _, r := range rules {
		i := slices.IndexFunc(s.Chains, func(c settings.Chain) bool { return c.Name == r.Chain })
		if i < 0 {
			faults = append(faults, ops.Fault{File: path, Message: fmt.Sprintf("the policy watches the chain %q, and the settings name no endpoint of it", r.Chain), Hint: "add it under chains"})
			continue
		}
		chains = append(chains, watched{s.Chains[i], r})
	}
	for _, c := range s.Chains {
		if !slices.ContainsFunc(rules, func(r *engine.Rules) bool { return r.Chain == c.Name }) {
			faults = append(faults, ops.Fault{File: path, Message: fmt.Sprintf("the settings name the chain %q, and the policy does not", c.Name), Hint: "call it as the policy does, or leave it out"})
		}
	}
	return chains, faults
}

// shown are the chains of a console: all, or the one that was named.
func (l loaded) shown(name string) ([]watched, error) {
	if name == "" {
		return l.chains, nil
	}
	var names []string
	for _, c := range l.chains {
		if c.Name == name {
			return []watched{c}, nil
		}
		names = append(names, c.Name)
	}
	return nil, exit(exitUsage, fmt.Errorf("there is no chain %q: there are %s", name, strings.Join(names, ", ")))
}

// folder is where the journal of a chain lies: of several each has its own.
func (l loaded) folder(c watched, more ...string) string {
	path := filepath.Join(append([]string{l.settings.Journal}, more...)...)
	if len(l.chains) > 1 {
		path = filepath.Join(path, c.Name)
	}
	return path
}

// say prints faults and ends the program with exit 3 if one of them stops.
func say(talk io.Writer, faults ops.Faults) error {
	for _, f := range faults {
		_, _ = fmt.Fprintln(talk, safe.Lines(f.String()))
	}
	if faults.Err() == nil {
		return nil
	}
	stopping := 0
	for _, f := range faults {
		if !f.Warning {
			stopping++
		}
	}
	if stopping == 1 {
		return exit(exitConfig, errors.New("1 fault: nothing was started"))
	}
	return exit(exitConfig, fmt.Errorf("%d faults: nothing was started", stopping))
}

// dial connects to every endpoint and holds the pack against the chain that
// answers.
func (w watched) dial(ctx context.Context, talk io.Writer) (*chain.Pool, error) {
	clients, err := w.clients(ctx)
	if err != nil {
		return nil, exit(exitConfig, err)
	}
	pool := chain.NewPool(w.Quorum, clients...)
	faults, err := w.rules.CheckChain(ctx, pool)
	if err != nil {
		pool.Close()
		return nil, exit(exitUnknown, err)
	}
	if err := say(talk, faults); err != nil {
		pool.Close()
		return nil, err
	}
	return pool, nil
}

// clients opens every endpoint without asking it anything.
func (w watched) clients(ctx context.Context) ([]*chain.Client, error) {
	var clients []*chain.Client
	for _, e := range w.Endpoints {
		c, err := chain.Open(ctx, chain.Endpoint{
			Name: e.Name, Chain: w.rules.ChainID, HTTP: e.HTTP, WS: e.WS, BlockTime: w.BlockTime, Timeout: e.Timeout,
		})
		if err != nil {
			for _, open := range clients {
				open.Close()
			}
			return nil, err
		}
		clients = append(clients, c)
	}
	return clients, nil
}

// console is an engine with what has to be closed after it.
type console struct {
	engine  *engine.Engine
	journal *journal.Journal
	pool    *chain.Pool
	relay   *chain.Client // nil where there is none
}

// start makes the engine of a live console.
func (l loaded) start(ctx context.Context, c watched, talk io.Writer) (*console, error) {
	by, err := l.keys(c)
	if err != nil {
		return nil, exit(exitConfig, err)
	}
	return l.open(ctx, c, talk, l.folder(c), by, func(j *journal.Journal) engine.Journal { return j })
}

// open makes an engine that writes to a journal in the folder, as seen through
// something that looks on.
func (l loaded) open(ctx context.Context, w watched, talk io.Writer, folder string, by hands, through func(*journal.Journal) engine.Journal) (*console, error) {
	pool, err := w.dial(ctx, talk)
	if err != nil {
		return nil, err
	}
	c := &console{pool: pool}
	if c.journal, err = journal.Open(folder, journal.Options{}); err != nil {
		return nil, errors.Join(exit(exitRefused, err), c.close())
	}
	if c.relay, err = w.relay(ctx, talk); err != nil {
		return nil, errors.Join(err, c.close())
	}
	blockTime := w.BlockTime
	if blockTime == 0 {
		blockTime = 12 * time.Second
	}
	config := engine.Config{
		Rules: w.rules, Chain: pool, Journal: through(c.journal), Keys: by.keys, OperatorKey: by.own, Auto: by.auto, Trusted: l.settings.Owners, Operator: l.settings.Operator,
		BlockTime: blockTime, ArmFor: l.settings.ArmFor, PublicAfter: w.Relay.PublicAfter,
	}
	if c.relay != nil {
		config.Relay = c.relay
	}
	c.engine, err = engine.New(config)
	if err != nil {
		return nil, errors.Join(exit(exitRefused, err), c.close())
	}
	return c, nil
}

// hands are the keys of a console: those that send, and the operator's own.
type hands struct {
	keys []engine.Key
	own  engine.Key
	auto []engine.Key // of the standing orders
}

// keys opens every key. A key that no lane of a runbook is signed by sends nothing, so
// arming does not unlock it. That of a standing order needs a reference to its
// password: nobody is there to type it.
func (l loaded) keys(w watched) (by hands, err error) {
	for _, k := range l.settings.Keys {
		key, err := openKey(k, w.rules.ChainID)
		if err != nil {
			return by, err
		}
		if w.rules.Orders(key.Store.Address()) {
			if key.Password == nil {
				return by, fmt.Errorf("key %s: a standing order signs with it, and nobody types its password: add password: env:NAME or file:path", k.Name)
			}
			by.auto = append(by.auto, key)
			continue
		}
		if w.rules.Signs(key.Store.Kind(), key.Store.Address()) {
			by.keys = append(by.keys, key)
		}
	}
	if k, ok := l.settings.Key(l.settings.OwnKey); ok {
		by.own, err = openKey(k, w.rules.ChainID) // apart from a lane's: it is closed as soon as it has signed
	}
	return by, err
}

func openKey(k settings.Key, chain ops.ChainID) (engine.Key, error) {
	var key engine.Key
	var err error
	switch {
	case k.Remote != "":
		key.Store, err = sign.OpenRemote(sign.Signer{URL: k.Remote, Address: k.Address, Chain: chain, Method: k.Method, Timeout: k.Timeout})
		key.Password = func() (string, error) { return "", nil }
	case k.Presigned != "":
		key.Store, err = sign.OpenLadder(k.Presigned, chain)
	default:
		key.Store, err = sign.OpenKeystore(k.Keystore, chain)
	}
	if err != nil {
		return engine.Key{}, fmt.Errorf("key %s: %w", k.Name, err)
	}
	if k.Password != "" {
		key.Password = func() (string, error) { return settings.Secret(k.Password) }
	}
	return key, nil
}

func (c *console) close() error {
	c.pool.Close()
	if c.relay != nil {
		c.relay.Close()
	}
	if c.journal == nil {
		return nil
	}
	return c.journal.Close()
}
