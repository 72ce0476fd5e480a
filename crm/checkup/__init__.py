"""水分体检: what an auditor would ask about, and the evidence folder of a quota."""
