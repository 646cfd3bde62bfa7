package jobs

// Code is the stable word in the error_code column.
type Code string

// The row codes of the contract: wrong rows, failed preconditions, what an
// upstream or the way to it did, and rows that were passed over.
const (
	ICCIDFormat     Code = "iccid_format"
	ICCIDChecksum   Code = "iccid_checksum"
	ICCIDScientific Code = "iccid_scientific"
	ICCIDRounded    Code = "iccid_rounded"
	ActionMissing   Code = "action_missing"
	ActionUnknown   Code = "action_unknown"
	GroupMissing    Code = "group_missing"
	FieldCount      Code = "field_count"
	CellUnreadable  Code = "cell_unreadable"
	ExpectFormat    Code = "expect_format"
	DuplicateRow    Code = "duplicate_row"
	ConflictingRows Code = "conflicting_rows"

	GroupUnknown         Code = "group_unknown"
	GroupNotLive         Code = "group_not_live"
	SIMNotPending        Code = "sim_not_pending"
	SIMUnknown           Code = "sim_unknown"
	SIMClosed            Code = "sim_closed"
	ContractInForce      Code = "contract_in_force"
	StateChanged         Code = "state_changed"
	ConflictsWithEarlier Code = "conflicts_with_earlier"
	OtherAccount         Code = "other_account"

	NotFound         Code = "not_found"
	BadRequest       Code = "bad_request"
	AuthFailed       Code = "auth_failed"
	PermissionDenied Code = "permission_denied"
	Throttled        Code = "throttled"
	Timeout          Code = "timeout"
	Connection       Code = "connection"
	UpstreamError    Code = "upstream_error"
	BadResponse      Code = "bad_response"

	QRUnreadable Code = "qr_unreadable"
	QRInvalid    Code = "qr_invalid"
	QRDiffers    Code = "qr_differs"

	AlreadyDone  Code = "already_done"
	StillUnknown Code = "still_unknown"
	Interrupted  Code = "interrupted"
	Aborted      Code = "aborted"
	Drifted      Code = "drift"
)

// Entry explains a code: what caused it and what cures it, each a sentence.
type Entry struct {
	Code  Code
	Cause string
	Cure  string
}

// Codes explains every row code, in the order of the reference.
var Codes = []Entry{
	{ICCIDFormat, "The iccid is not 19 or 20 digits.", "Correct the ICCID in the file."},
	{ICCIDChecksum, "The ICCID's last digit is not its check digit (Luhn), so a digit is probably mistyped.", "Compare it with the SIM or the portal; if your operator's ICCIDs carry no check digit, use --iccid-check length."},
	{ICCIDScientific, "A spreadsheet turned the ICCID into a number such as 8.94412E+18; its digits are lost.", "Export the ICCIDs again, with the column formatted as text."},
	{ICCIDRounded, "A spreadsheet rounded the ICCID to 15 digits and filled up with zeros; its last digits are lost.", "Export the ICCIDs again, with the column formatted as text."},
	{ActionMissing, "The row has no action.", "Fill the action column, or give --action for the rows without one."},
	{ActionUnknown, "The action is not one that bulk knows.", "Use query_status, query_contract, query_qr_info, set_aa_group, get_euicc_profile or get_qr_code."},
	{GroupMissing, "set_aa_group needs the code of a live group and the row has none.", "Fill the group column, or give --group for the rows without one."},
	{FieldCount, "The row has more or fewer fields than the header.", "Look for a missing or an unquoted delimiter in this line. Where it ends before cells that the action reads, write them, or end it with empty fields: a spreadsheet leaves those out."},
	{CellUnreadable, "A cell that bulk reads holds a formula without a stored result, an error value, or is covered by a merged cell.", "Write the value itself into the cell named, or leave it empty on purpose."},
	{ExpectFormat, "The expect column cannot be read.", "Write field=value;field=value|other with the names of data columns that the row's action reads."},
	{DuplicateRow, "An earlier row of the file asks for the same irreversible action on this SIM.", "Nothing to do; the earlier row counts."},
	{ConflictingRows, "Rows of the file name different groups for this SIM.", "Leave the one row that is right and run the file again."},
	{GroupUnknown, "The group is not in the catalogue.", "Use the group's code as in the catalogue, or bring the catalogue up to date."},
	{GroupNotLive, "The group is not of type live, so a SIM cannot be assigned to it.", "Name a live group."},
	{SIMNotPending, "The SIM is not in a pending group, so it cannot be given an auto-activation group.", "Look the SIM up in the portal; it may be live already."},
	{SIMUnknown, "The upstream does not know this SIM under this account.", "Compare the ICCID with the portal, and check that the account is the right one."},
	{SIMClosed, "The SIM is closed, which is permanent.", "Take the row out of the file; no call will ever succeed for this SIM."},
	{ContractInForce, "A contract with months remaining forbids a group move.", "Wait until it ends, or take it up with the vendor."},
	{StateChanged, "The SIM is no longer as the approved plan saw it.", "Make a new dry run and have it approved."},
	{ConflictsWithEarlier, "The ledger says this SIM was given another group earlier.", "Find out which group is right, or send it all the same with --again N."},
	{OtherAccount, "The SIM was sent a command under another account name of the same upstream.", "Say once what the two names are: bulk ledger same-account, or bulk ledger separate-accounts."},
	{NotFound, "The upstream has no such SIM or profile.", "Compare the ICCID with the portal."},
	{BadRequest, "The upstream refused the request.", "Read upstream_error; the vendor can look it up by request_id."},
	{AuthFailed, "The upstream refused the credentials.", "Check the credentials in the environment; the run ends so that the account is not locked."},
	{PermissionDenied, "The account may not do this.", "Ask the vendor which permission the account lacks."},
	{Throttled, "The upstream kept refusing for its rate limit, retries included.", "Run again with --only failed, at a lower --rate."},
	{Timeout, "No answer came in time.", "Run the row again with --only failed."},
	{Connection, "The connection could not be made, or broke.", "Check network, proxy and address, then run the row again with --only failed."},
	{UpstreamError, "The upstream had an error of its own, or said no for a reason bulk does not know.", "Read upstream_error; try again later or ask the vendor with the request_id."},
	{BadResponse, "The answer could not be read or trusted.", "Try again; if it stays, ask the vendor with the request_id."},
	{QRUnreadable, "The QR picture cannot be read, so no phone could read it either; it was not saved.", "Ask the vendor for a new picture; query_qr_info draws one from the code that m2m has."},
	{QRInvalid, "What the upstream gives as an activation code is none, so no phone could install the SIM with it; no picture was saved.", "Ask the vendor for the SIM's activation code."},
	{QRDiffers, "The two upstreams give different activation codes for this SIM.", "Hand out neither before the vendors have said which one is right; a QR sheet leaves both out."},
	{AlreadyDone, "The ledger says that this was done earlier.", "Nothing to do, or send it all the same with --again N."},
	{StillUnknown, "A command of an earlier run is in doubt: it may have been done.", "Look the SIM up in the portal, then settle it with bulk resolve."},
	{Interrupted, "The run was interrupted before this row was finished.", "Continue the run with --resume."},
	{Aborted, "The run was ended by a guard before this row was finished.", "Mend what the last message names, then continue with --resume."},
	{Drifted, "The SIM is not as expect says.", "Mend the SIM or the expectation."},
}

// Explain finds the entry of a code; an unknown one explains itself as such.
func Explain(c Code) Entry {
	for _, e := range Codes {
		if e.Code == c {
			return e
		}
	}
	return Entry{Code: c, Cause: string(c), Cure: "Read error_description."}
}
