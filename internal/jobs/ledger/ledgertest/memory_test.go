package ledgertest

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The suite holds for a store that is nothing like a file.
func TestMemory(t *testing.T) {
	Run(t, func(t *testing.T) Place { return NewMemory(t) })
}

// asNaive is which rule TestAsNaive does without.
const asNaive = "BULK_LEDGERTEST_NAIVE"

// TestAsNaive is what TestNaiveStores runs; by itself it does nothing.
func TestAsNaive(t *testing.T) {
	if fault := os.Getenv(asNaive); fault != "" {
		Run(t, func(t *testing.T) Place { return NewMemory(t, Fault(fault)) })
	}
}

// A store without one of the rules fails the suite, and in the promise that the
// rule is for.
func TestNaiveStores(t *testing.T) {
	for fault, fails := range map[Fault][]string{
		NoKey:      {"never_twice/two_runs_that_read_before_either_writes", "never_twice/many_at_once_for_one_SIM", "never_twice/two_spellings_of_a_SIM"},
		OneName:    {"never_twice/two_names_of_the_account"},
		NoEpochs:   {"never_twice/an_account_that_was_taken_over", "never_twice/an_account_that_is_not_held"},
		AnyVersion: {"never_twice/again_overrides_what_was_read"},
		LateCommit: {"acts/an_intent_is_there_when_Begin_returns"},
		OneForAll:  {"never_twice/of_many_at_once_some_are_refused"},
		NoWords:    {"acts/a_person's_word_stands"},
		NoRestore:  {"never_twice/again_that_did_nothing"},
		NoDoubt:    {"standing/what_a_dead_run_left"},
		NoOrder:    {"results/in_the_order_of_the_input"},
		OldNumbers: {"carrying/runs_get_new_numbers"},
		NoStarts:   {"runs/who_comes_back_writes_over_nothing"},
	} {
		t.Run(string(fault), func(t *testing.T) {
			t.Parallel()
			cmd := exec.Command(os.Args[0], "-test.run=^TestAsNaive$", "-test.v", "-test.timeout=100s")
			cmd.Env = append(os.Environ(), asNaive+"="+string(fault))
			out, err := cmd.CombinedOutput()
			require.Error(t, err, "it passed")
			for _, name := range fails {
				require.True(t, strings.Contains(string(out), "--- FAIL: TestAsNaive/"+name), "%s passed", name)
			}
		})
	}
}
