"""What is expected of whom: rules, their versions, who they apply to, exemptions."""
