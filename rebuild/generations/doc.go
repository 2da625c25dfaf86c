// Package generations is about the generations of a system profile on a host: how they are asked for, read and listed,
// and what is said where one is not there. It activates none, and opens no connection.
package generations
