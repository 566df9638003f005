"""Sources in: question sets, papers' repositories and other tools' answers become rows."""
