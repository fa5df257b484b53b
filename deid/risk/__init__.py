"""How far the people in a table can be told apart, before and after a policy was applied."""
