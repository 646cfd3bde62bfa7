package settings

import (
	"net/url"
	"strings"

	"github.com/spf13/pflag"

	"bulk/cmd/bulk/console"
	"bulk/internal/jobs"
)

// Portal is the address of a SIM's page in the operator's portal, with {iccid} where
// the ICCID goes; empty: nothing was said.
type Portal string

const portalICCID = "{iccid}"

// PortalFlag is where a person is sent to look a SIM up.
func PortalFlag(f *pflag.FlagSet, into *string) {
	f.StringVar(into, "portal-url", "", "`URL` of a SIM's page in the portal, with {iccid}: a link wherever you are sent there")
}

// ParsePortal checks --portal-url. What no URL holds is refused: the links stand in
// Markdown, HTML, XML and words.
func ParsePortal(text string) (Portal, error) {
	if text == "" {
		return "", nil
	}
	of := strings.ReplaceAll(text, portalICCID, "0")
	u, err := url.Parse(of)
	if err != nil || strings.ContainsAny(of, " \"<>\\^`{|}") || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil || !strings.Contains(text, portalICCID) {
		return "", console.Misused("--portal-url is such as https://portal.example/sims/{iccid}, with {iccid} and without a password; not %q", WithoutPassword(text))
	}
	return Portal(text), nil
}

// Of is a SIM's page; empty where there is none.
func (p Portal) Of(iccid jobs.ICCID) string {
	if p == "" || iccid == "" {
		return ""
	}
	return strings.ReplaceAll(string(p), portalICCID, url.PathEscape(string(iccid)))
}
