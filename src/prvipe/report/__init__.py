"""What people look at: skeleton drawings, galleries of retrievals and tables of Hit@k."""
