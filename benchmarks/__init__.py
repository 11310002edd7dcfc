"""Measurements that anyone can run: they tell figures, and pass no judgement."""
