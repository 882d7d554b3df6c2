"""How good the answers are: sets of questions with their right answers, and what is measured on them."""
