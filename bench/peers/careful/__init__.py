"""The peer `careful`: what a competent team writes first with FastStream and SQLAlchemy's async ORM."""
