package postgres

// RowsOfSIM is what rows of a SIM are asked from.
const RowsOfSIM = rowsOfSIM
