// Whether the documents of our dashboards are what Grafana and Perses read, by their own types: an unknown field, a
// missing one, a wrong type or an unknown kind is refused. What the plugins of Perses take is not among these types; a
// browser shows that.
//
//	go run . ../grafana/*.json ../perses/*.json
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/cog/plugins"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
	perses "github.com/perses/perses/pkg/model/api/v1"
)

func main() {
	plugins.RegisterDefaultPlugins()
	refused := false
	for _, path := range os.Args[1:] {
		if err := check(path); err != nil {
			refused = true
			fmt.Fprintf(os.Stderr, "%s: %v\n", path, err)
		}
	}
	if refused {
		os.Exit(1)
	}
}

func check(path string) error {
	document, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var kind struct{ Kind string }
	if err := json.Unmarshal(document, &kind); err != nil {
		return err
	}
	if kind.Kind == string(perses.KindDashboard) {
		var board perses.Dashboard
		if err := json.Unmarshal(document, &board); err != nil {
			return err
		}
		return lost(document, board)
	}
	if err := complaints(new(dashboard.Dashboard).UnmarshalJSONStrict(document)); err != nil {
		return err
	}
	// The strict reader complains and forgets the panels; this one keeps them.
	var board dashboard.Dashboard
	if err := json.Unmarshal(document, &board); err != nil {
		return err
	}
	for _, panel := range board.Panels {
		if panel.Panel == nil {
			continue
		}
		if _, known := cog.ConfigForPanelcfgVariant(panel.Panel.Type); !known {
			return fmt.Errorf("there is no panel of type %q", panel.Panel.Type)
		}
	}
	return board.Validate()
}

// complaints is nil for an empty list of them, which the generated code returns as an error that is not nil.
func complaints(err error) error {
	var all cog.BuildErrors
	if errors.As(err, &all) && len(all) == 0 {
		return nil
	}
	return err
}

// lost names the first field of the document that did not come through the types: they do not know it.
func lost(document []byte, board any) error {
	through, err := json.Marshal(board)
	if err != nil {
		return err
	}
	var before, after any
	if err := errors.Join(json.Unmarshal(document, &before), json.Unmarshal(through, &after)); err != nil {
		return err
	}
	return missing("", before, after)
}

func missing(at string, before, after any) error {
	switch before := before.(type) {
	case map[string]any:
		after, _ := after.(map[string]any)
		for field, value := range before {
			kept, known := after[field]
			if !known && !empty(value) {
				return fmt.Errorf("unexpected field %s.%s", at, field)
			}
			if err := missing(at+"."+field, value, kept); err != nil {
				return err
			}
		}
	case []any:
		after, _ := after.([]any)
		for place, value := range before {
			if place >= len(after) {
				return fmt.Errorf("%s[%d] is lost", at, place)
			}
			if err := missing(fmt.Sprintf("%s[%d]", at, place), value, after[place]); err != nil {
				return err
			}
		}
	}
	return nil
}

// empty is what Go leaves out when it writes.
func empty(value any) bool {
	switch value := value.(type) {
	case nil:
		return true
	case string:
		return value == ""
	case float64:
		return value == 0
	case []any:
		return len(value) == 0
	case map[string]any:
		return len(value) == 0
	}
	return false
}
