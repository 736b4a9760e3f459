"""Who may do what, and the trace it leaves: passwords, sessions, policy, audit trail."""
