// Package upstream is how an API is called: one attempt in, one verdict out
// ([Attempt]), and around it what every upstream needs: pace, patience with one
// that is down, retries that can never do a thing twice.
//
// The two APIs' own words are in the folders m2m and betatel, the pacing's pure
// function in pace, the double that serves both on loopback in sandbox. What is
// to be asked, and whether it may be, is for package jobs to say.
package upstream
