"""How well the end of a job is told: traces of real programs, and a replay of them against what others do."""
