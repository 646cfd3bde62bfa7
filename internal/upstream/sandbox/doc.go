// Package sandbox serves both upstream APIs on loopback over real HTTP, with a
// fleet of SIMs that remember what was done to them. It is what --sandbox talks
// to, what `bulk sandbox` serves to other programs, and the double that tests
// and benchmarks run against.
//
// It is written from the description of the two APIs alone and shares no code
// with the clients, so that a client's wrong idea is not mirrored here. Where
// that description guesses, so does this package.
//
//	box := sandbox.New(sandbox.Config{})
//	running, err := box.Start("127.0.0.1:0")
//	…
//	defer running.Close()
//	fmt.Println(strings.Join(running.Environment(), "\n"))
//
// # What is served
//
//	POST /                                                     m2m, XML
//	GET  /api/v1/esim/euicc-profiles/{iccid}                   betatel, a profile
//	GET  /api/v1/esim/euicc-profiles/{iccid}/qrcode            betatel, a PNG
//	GET  /_sandbox/stats                                       what was asked so far, see [Stats]
//	GET  /_sandbox/sim/{iccid}                                 one SIM, see [SIM]
//	GET  /_sandbox/commands                                    a line "iccid count" for each SIM with set_aa_group done
//	POST /_sandbox/control                                     trouble at run time, see [Control]
//
// # The order of things
//
// A request is counted and held against the rate limit when it arrives; then
// come an outage, a gate that holds it ([Sandbox.Hold]), the credentials, a
// fault, and the operation itself. Only then is the latency waited and the
// answer sent. So a client that leaves while it waits leaves a command behind
// that was done: the case that must not be sent twice.
//
// A set_aa_group records the group and leaves the SIM in its pending group, as
// the network would until the SIM's test allowance is used up. A second one is
// accepted and counted, so that a test can see what was sent twice.
//
// # Fleet files
//
// [LoadFleet] describes the file; fleet.csv in this folder is the built-in one,
// with a remark above each kind of SIM. Faults, for all requests or for one SIM
// alone, are listed by [Kinds].
package sandbox
