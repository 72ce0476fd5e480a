"""The pure rules of the outlook. No Flask, SQL or clock."""
