// Package settings is what a command was told: flags, variables, the settings
// file and its profiles, and the files that hold credentials, in this order of
// weight. It checks once what can be checked of them alone, names the files that
// outputs go to, and keeps outputs from being what a command reads or keeps.
//
// What is done with all that is for package batch and for the commands.
package settings
